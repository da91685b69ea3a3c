"""Kept channels as files, without their secrets: `connections/NAME.toml`; for administrators alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Fault, Reading
from hub.desk.connections import KINDS, kind_of
from hub.model.errors import Refused
from hub.store import connections as store
from hub.store.installation import begin_epoch
from hub.store.tables import ConnectionRow

# Where a login goes. A file must not send a password that is kept here to another server.
_WHERE = ("host", "port", "tls", "username", "ca_file", "base_url", "media_base", "account_sid")
_FIELDS = ("kind", "mode", "account", "sends_with", "secrets", "settings")
_PLAIN = (str, int, float, bool)
# What stands in no file, whatever it is called: password, auth_tokens, api_key_secret, dkim_key.
_SECRET = re.compile(r"password|secret|token|_key\Z")


@dataclass(frozen=True, slots=True)
class Connections(Definitions):
    """Which accounts the hub reads and sends by. `may`: the caller is an administrator; others see and change none."""

    name = "connection"
    folder = "connections"
    named = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
    naming = "A channel is named by small letters, digits and _."

    may: bool = False

    def read(self, files: Files, into: Reading) -> None:
        if self.may:
            Definitions.read(self, files, into)
            return
        into.faults.extend(
            Fault(file=path, message="Only an administrator changes connections.", next_step="Leave the file out.")
            for path in sorted(files)
            if self.owns(path)
        )

    def defined(self, data: Mapping[str, Any]) -> Content:
        given = {name: value for name, value in data.items() if name != "title"}
        if unknown := sorted(set(given) - set(_FIELDS)):
            raise Refused(f"A connection knows no {unknown[0]!r}.", field=unknown[0])
        kind, mode, settings = given.get("kind"), given.get("mode", "sandbox"), given.get("settings", {})
        if kind not in KINDS:
            raise Refused(f"There is no kind {kind!r}; there are {', '.join(KINDS)}.", field="kind")
        if mode not in ("live", "sandbox"):
            raise Refused("A connection begins live or in the sandbox.", field="mode")
        if not isinstance(settings, Mapping) or not all(_plain(value) for value in settings.values()):
            raise Refused("Settings are texts, numbers, yes or no, lists and tables of texts.", field="settings")
        if secret := sorted(name for name in settings if _SECRET.search(name)):
            raise Refused(
                f"{secret[0]} is a secret and stands in no file.",
                field=f"settings.{secret[0]}",
                next_step="Take it out; write it on the channel's page.",
            )
        return {
            "kind": kind,
            "mode": mode,
            "account": str(given.get("account", "")),
            "sends_with": str(given.get("sends_with", "")),
            "secrets": sorted(str(each) for each in given.get("secrets", ())),
            "settings": dict(settings),
        }

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {
            each.name: {
                "kind": kind_of(each.adapter),
                "mode": each.mode,
                "account": each.account,
                "sends_with": each.sends_with,
                "secrets": sorted(each.secrets),
                "settings": {name: value for name, value in each.settings.items() if not _SECRET.search(name)},
            }
            for each in (store.kept(conn) if self.may else ())
            if kind_of(each.adapter)
        }

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        """Keeps what a file says. A new channel lacks its secrets, and says so until they are written on its page.

        One whose login would go elsewhere than before stays disconnected until somebody has looked at it.
        """
        values = {name: content[name] for name in ("mode", "account", "sends_with", "secrets", "settings")}
        here = {each.name: each for each in store.kept(conn)}.get(key)
        if here is None:
            new = store.KeptConnection(
                name=key, adapter=KINDS[content["kind"]], owner=by, created_at=now, changed_at=now, **values
            )
            store.add_without_secrets(conn, new)
            return
        if kind_of(here.adapter) != content["kind"]:
            raise Refused(f"The channel {key} is of another kind.", field="kind", next_step="Choose another name.")
        conn.execute(update(ConnectionRow).where(ConnectionRow.name == key).values(**values, changed_at=now))
        if any(here.settings.get(name) != content["settings"].get(name) for name in _WHERE):
            store.disconnect(conn, key, f"A file applied by {by} changed where it logs in: look, then connect it.", now)
        begin_epoch(conn)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        """Disconnects a channel: its secrets and its history stay."""
        if store.find(conn, key).disconnected_at is not None:
            return False
        store.disconnect(conn, key, f"Files applied by {by} leave it out.", now)
        return True

    def take_out(self, conn: Connection, key: str) -> None:
        raise Refused("A connection is disconnected, never taken out by a file.", field=key)


def _plain(value: object) -> bool:
    """Tells what a file may say; tables are what a number called before, and its answers by kind and language."""
    if isinstance(value, Mapping):
        return all(
            isinstance(each, str)
            or (isinstance(each, Mapping) and all(isinstance(word, str) for word in each.values()))
            for each in value.values()
        )
    return isinstance(value, _PLAIN) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
