"""Rests: an address that asked to be left alone by promotions for some weeks. What it agreed to stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from hub.store.question import Question, columns_of
from hub.store.tables import RestRow
from hub.store.tables.base import moment

_CHOICES = Question(
    columns_of(RestRow.identity_id, RestRow.until), "rest WHERE rest.identity_id {among} ORDER BY rest.id"
)


def rest(conn: Connection, identity_id: int, until: datetime, source: str, now: datetime) -> None:
    """Keeps until when an address is left alone; a moment that is over ends it. Earlier choices stay, as evidence."""
    conn.execute(insert(RestRow).values(identity_id=identity_id, until=until, source=source, at=now))


def resting(conn: Connection, identities: Sequence[int], now: datetime) -> dict[int, datetime]:
    """Returns until when each of these identities is left alone; those that are not are left out."""
    found = {row[0]: moment(row[1]) if isinstance(row[1], int) else row[1] for row in _CHOICES(conn, identities)}
    return {identity: until for identity, until in found.items() if until > now}


def history(conn: Connection, identity_id: int) -> list[tuple[datetime, datetime]]:
    """Returns when an address asked for rest and until when, oldest first."""
    rows = conn.execute(
        select(RestRow.at, RestRow.until).where(RestRow.identity_id == identity_id).order_by(RestRow.id)
    )
    return [(row.at, row.until) for row in rows]
