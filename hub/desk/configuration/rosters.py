"""On-call rosters as files: `rosters/NAME.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.kind import Content
from hub.model.roster import NAME
from hub.model.roster_definition import read_roster, roster_as_json
from hub.store import rosters as store


@dataclass(frozen=True, slots=True)
class Rosters(Definitions):
    """Whose phones ring, and when."""

    name = "roster"
    folder = "rosters"
    named = NAME
    naming = "A roster is named by letters, digits, - and _."

    def defined(self, data: Mapping[str, Any]) -> Content:
        return roster_as_json(read_roster(data))

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {row.name: row.definition for row in store.every(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        store.save(conn, key, content, by, now)

    def take_out(self, conn: Connection, key: str) -> None:
        store.remove(conn, key)
