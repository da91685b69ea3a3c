"""Segments: every change is a new version, and what a campaign's run was planned with never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.segment import Segment, read_segment
from hub.store.tables import SegmentRow, SegmentSizeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentVersion:
    """One version of a segment as it is stored; `active`: it is the one that counts now."""

    id: int
    name: str
    version: int
    title: str
    conditions: Mapping[str, Any]
    active: bool
    created_at: datetime
    created_by: str

    @property
    def segment(self) -> Segment:
        """The conditions, read. Raises Refused where this hub does not know one of them (any more)."""
        return read_segment(self.conditions)


_ALL = tuple(getattr(SegmentRow, name) for name in SegmentVersion.__slots__)


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
    """Stores a new version, which is the active one from now on; returns its number.

    The same title and conditions again make no new version. `based_on`: the version that was edited, 0 for none: raises
    Refused when somebody else saved another meanwhile, and for conditions that cannot be read.
    """
    conditions = read_segment(conditions).as_json()
    newest = conn.execute(
        select(*_ALL).where(SegmentRow.name == name).order_by(SegmentRow.version.desc()).limit(1)
    ).one_or_none()
    known = newest.version if newest else 0
    if based_on is not None and based_on != known:
        raise Refused(
            f"The segment {name!r} exists already."
            if not based_on
            else f"Somebody else saved version {known} meanwhile.",
            field="name" if not based_on else "based_on",
            next_step="Choose another name." if not based_on else "Open it anew and make your change once more.",
        )
    if newest and newest.active and (newest.title, newest.conditions) == (title, conditions):
        return known
    conn.execute(update(SegmentRow).where(SegmentRow.name == name, SegmentRow.active).values(active=False))
    row = {
        "name": name,
        "version": known + 1,
        "title": title,
        "conditions": conditions,
        "created_at": now,
        "created_by": by,
    }
    conn.execute(insert(SegmentRow).values(**row))
    return known + 1


def current(conn: Connection, name: str) -> SegmentVersion:
    """Returns the active version of a segment. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(SegmentRow.name == name, SegmentRow.active)).one_or_none()
    if row is None:
        raise NotFound(f"There is no segment {name!r}.")
    return SegmentVersion(**row._mapping)


def by_id(conn: Connection, segment_id: int) -> SegmentVersion:
    """Returns one version by its row. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(SegmentRow.id == segment_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no segment {segment_id}.")
    return SegmentVersion(**row._mapping)


def all_current(conn: Connection) -> list[SegmentVersion]:
    """Returns the active version of every segment, by title."""
    rows = conn.execute(select(*_ALL).where(SegmentRow.active).order_by(func.lower(SegmentRow.title), SegmentRow.name))
    return [SegmentVersion(**row._mapping) for row in rows]


def versions(conn: Connection, name: str) -> list[SegmentVersion]:
    """Returns every version of a segment, newest first. Raises NotFound."""
    rows = conn.execute(select(*_ALL).where(SegmentRow.name == name).order_by(SegmentRow.version.desc())).all()
    if not rows:
        raise NotFound(f"There is no segment {name!r}.")
    return [SegmentVersion(**row._mapping) for row in rows]


def sizes(conn: Connection, name: str, limit: int = 30) -> list[tuple[date, int]]:
    """Returns how many belonged to a segment on each day that it was counted, newest first."""
    day = SegmentSizeRow.day
    rows = conn.execute(
        select(day, SegmentSizeRow.size).where(SegmentSizeRow.name == name).order_by(day.desc()).limit(limit)
    )
    return [(row.day, row.size) for row in rows]


def retire(conn: Connection, name: str) -> None:
    """Takes a segment off; its versions stay, and saving it again brings it back. Raises NotFound."""
    retired = conn.execute(update(SegmentRow).where(SegmentRow.name == name, SegmentRow.active).values(active=False))
    if retired.rowcount != 1:
        raise NotFound(f"There is no segment {name!r}.")
