"""What is health-class, as a file: `sensitive.toml` with the names of facts, channels and forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import CHANNEL, Content, Found, Kind, Reading, Reference, toml
from hub.desk.configuration.toml_text import write_toml
from hub.desk.sensitive import known_name
from hub.model.errors import HubError, Refused
from hub.store import sensitive as store

FILE = "sensitive.toml"
_ADMINS = "Only an administrator says what is health-class."
_KINDS = {f"{kind}s": kind for kind in store.KINDS}


@dataclass(frozen=True, slots=True)
class SensitiveMarks(Kind):
    """`facts`, `channels` and `forms`, each a list of names. `may`: an administrator sets them."""

    name: ClassVar[str] = "sensitive mark"

    may: bool = False

    def owns(self, path: str) -> bool:
        return path == FILE

    def read(self, files: Files, into: Reading) -> None:
        data = toml(files, FILE, into) if FILE in files else None
        for field, names in (data or {}).items():
            kind = _KINDS.get(field)
            if kind is None or not isinstance(names, list):
                into.refuse(FILE, Refused(f"Here stand lists of names: {', '.join(_KINDS)}.", field=field))
                continue
            for name in names:
                try:
                    kept = known_name(kind, str(name))
                except HubError as error:
                    into.refuse(FILE, error, field)
                else:
                    into.add(self, f"{kind}/{kept}", Found(FILE, {}))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        said: dict[str, list[str]] = {}
        for key in sorted(things):
            kind, _, name = key.partition("/")
            said.setdefault(f"{kind}s", []).append(name)
        return {FILE: write_toml(said)} if said else {}

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {f"{row['kind']}/{row['name']}": {} for row in store.listed(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        if not self.may:
            raise Refused(_ADMINS, next_step="Leave the file out.")
        kind, _, name = key.partition("/")
        store.mark(conn, kind, name, by, now)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        kind, _, name = key.partition("/")
        return store.unmark(conn, kind, name)

    def why_fixed(self, conn: Connection, key: str) -> str:
        return "" if self.may else _ADMINS

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        kind, _, name = key.partition("/")
        return [Reference(CHANNEL if kind == store.CHANNEL else kind, name, FILE)] if kind != store.FACT else ()
