"""Segments as files: `segments/NAME.toml`, a title and the conditions as rows of `all`, `any` or `not`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.definitions import Definitions
from hub.desk.configuration.in_toml import untitled
from hub.desk.configuration.kind import Content
from hub.model.errors import Refused
from hub.model.segment import read_segment
from hub.store import segments as store


@dataclass(frozen=True, slots=True)
class Segments(Definitions):
    """Who is meant, as conditions; never who it was on a day."""

    name = "segment"
    folder = "segments"
    named = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")
    naming = "A segment is named by letters, digits, _ and -."

    def defined(self, data: Mapping[str, Any]) -> Content:
        return {"title": data["title"], **read_segment(untitled(data)).as_json()}

    def stored(self, conn: Connection) -> dict[str, Content]:
        rows = sorted(store.all_current(conn), key=lambda row: row.name)
        return {row.name: {"title": row.title, **_told(row)} for row in rows}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        store.save(conn, key, content["title"], untitled(content), by, now)

    def take_out(self, conn: Connection, key: str) -> None:
        store.retire(conn, key)


def _told(row: store.SegmentVersion) -> Mapping[str, Any]:
    try:
        return row.segment.as_json()
    except Refused:  # a condition that a later version of the hub has written: it travels as it is
        return row.conditions
