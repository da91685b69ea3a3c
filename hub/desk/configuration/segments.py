"""Segments as files: `segments/NAME.toml`, a title and the conditions as rows of `all`, `any` or `not`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import Content, Found, Kind, Reading, in_language, is_in, toml_files
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError, NotFound, Refused
from hub.model.segment import read_segment
from hub.store import segments as store

FOLDER = "segments"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")


@dataclass(frozen=True, slots=True)
class Segments(Kind):
    """`language`: in which a title that comes in several is kept."""

    name = "segment"

    language: str = "en"

    def owns(self, path: str) -> bool:
        return is_in(path, FOLDER)

    def read(self, files: Files, into: Reading) -> None:
        for path, name, data in toml_files(files, FOLDER, into):
            title = data.pop("title", name)
            try:
                if not _NAME.match(name):
                    raise Refused("A segment is named by small letters, digits and _.", field="the file's name")
                said = in_language(title, self.language, "title")
                content = {"title": said, **read_segment(data).as_json()}
            except HubError as error:
                into.refuse(path, error)
            else:
                into.add(self, name, Found(path, content))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        return {f"{FOLDER}/{name}.toml": write_toml(content) for name, content in things.items()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = sorted(store.all_current(conn), key=lambda row: row.name)
        return {row.name: {"title": row.title, **_conditions(row)} for row in rows}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        conditions = {name: value for name, value in content.items() if name != "title"}
        store.save(conn, key, content["title"], conditions, by, now)

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        try:
            store.retire(conn, key)
        except NotFound:
            return False
        return True


def _conditions(row: store.SegmentVersion) -> Mapping[str, Any]:
    try:
        return row.segment.as_json()
    except Refused:  # a condition that a later version of the hub has written: it travels as it is
        return row.conditions
