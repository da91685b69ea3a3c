"""Segments: every change is a new version, and what a campaign's run was planned with never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.model.segment import Segment, read_segment
from hub.store.tables import SegmentRow, SegmentSizeRow
from hub.store.versions import NamedVersions, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentVersion(Version):
    """One version of a segment as it is stored."""

    title: str
    conditions: Mapping[str, Any]

    @property
    def segment(self) -> Segment:
        """The conditions, read. Raises Refused where this hub does not know one of them (any more)."""
        return read_segment(self.conditions)


_KEPT = NamedVersions(SegmentRow, SegmentVersion, "segment")
current, by_id, versions, retire = _KEPT.current, _KEPT.by_id, _KEPT.versions, _KEPT.retire
names = _KEPT.names


def save(
    conn: Connection,
    name: str,
    title: str,
    conditions: Mapping[str, Any],
    by: str,
    now: datetime,
    *,
    based_on: int | None = None,
) -> int:
    """Stores a new version, which counts from now on. Raises Refused also for conditions that cannot be read."""
    content = {"title": title, "conditions": read_segment(conditions).as_json()}
    return _KEPT.save(conn, name, content, by, now, based_on=based_on)


def all_current(conn: Connection) -> list[SegmentVersion]:
    """Returns the active version of every segment, by title."""
    return sorted(_KEPT.all_current(conn), key=lambda row: (row.title.lower(), row.name))


def sizes(conn: Connection, name: str, limit: int = 30) -> list[tuple[date, int]]:
    """Returns how many belonged to a segment on each day that it was counted, newest first."""
    day = SegmentSizeRow.day
    rows = conn.execute(
        select(day, SegmentSizeRow.size).where(SegmentSizeRow.name == name).order_by(day.desc()).limit(limit)
    )
    return [(row.day, row.size) for row in rows]
