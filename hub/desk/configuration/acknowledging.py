"""How mailboxes acknowledge mail, as files: `acknowledging/CHANNEL.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.kind import CHANNEL, Content, Reference
from hub.model.acknowledgement import acknowledging_as_json, read_acknowledging
from hub.model.errors import NotFound, Refused
from hub.store import acknowledging as store

_ADMINS = "Only an administrator sets how mail is acknowledged."


@dataclass(frozen=True, slots=True)
class Acknowledgements(Definitions):
    """Whether a mailbox acknowledges, with which template, and when it is open. `may`: an administrator sets it."""

    name = "acknowledgement"
    folder = "acknowledging"
    named = re.compile(r"\w{1,64}\Z")
    naming = "It is named by its mailbox."

    may: bool = False

    def defined(self, data: Mapping[str, Any]) -> Content:
        return acknowledging_as_json(read_acknowledging({k: v for k, v in data.items() if k != "title"}))

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {name: acknowledging_as_json(how) for name, how in store.settings(conn).items()}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        if not self.may:
            raise Refused(_ADMINS, next_step="Leave the file out.")
        store.put(conn, key, read_acknowledging(content), by, now)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        how = store.setting(conn, key)
        if not how.enabled:
            return False
        store.put(conn, key, replace(how, enabled=False), by, now)
        return True

    def take_out(self, conn: Connection, key: str) -> None:
        raise NotFound(f"{key} acknowledges nothing.")

    def why_fixed(self, conn: Connection, key: str) -> str:
        return "" if self.may else _ADMINS

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        yield Reference(CHANNEL, key, "the file's name")
        if content["enabled"]:
            yield Reference("template", content["template"], "template")
