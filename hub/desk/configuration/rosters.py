"""On-call rosters as files: `rosters/NAME.toml`, the definition as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Found, Kind, Reading, in_language, is_in, toml_files
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError, NotFound, Refused
from hub.model.roster import NAME
from hub.model.roster_definition import read_roster, roster_as_json
from hub.store import rosters as store

FOLDER = "rosters"


@dataclass(frozen=True, slots=True)
class Rosters(Kind):
    """`language`: in which a title that comes in several is kept."""

    name = "roster"

    language: str = "en"

    def owns(self, path: str) -> bool:
        return is_in(path, FOLDER)

    def read(self, files: Files, into: Reading) -> None:
        for path, name, data in toml_files(files, FOLDER, into):
            try:
                if not NAME.match(name):
                    raise Refused("A roster is named by letters, digits, - and _.", field="the file's name")
                said = in_language(data.get("title", name), self.language, "title")
                content = roster_as_json(read_roster({**data, "title": said}))
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, name, Found(path, content))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{name}.toml": write_toml(content) for name, content in things.items()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        return {row.name: row.definition for row in store.every(conn)}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        store.save(conn, key, content, by, now)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        try:
            store.remove(conn, key)
        except NotFound:
            return False
        return True
