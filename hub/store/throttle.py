"""Throttles: how often something was tried within a window, counted in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.tables import ThrottleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try: `limit` of the same key are let through in each period of `per`, counted from 1970 on."""

    key: str
    limit: int
    per: timedelta
    now: datetime

    @property
    def window(self) -> int:
        return int(self.now.timestamp() // self.per.total_seconds())

    @property
    def ends(self) -> datetime:
        return datetime.fromtimestamp((self.window + 1) * self.per.total_seconds(), UTC)


def take(conn: Connection, tries: Sequence[Try]) -> list[float]:
    """Counts each try and returns how many seconds to wait before the next one, 0 = let through.

    A batch work for `Database.submit`: 200 at once count 200. The rows are taken in one order, so that two
    transactions cannot wait for each other.
    """
    waits = [0.0] * len(tries)
    for index in sorted(range(len(tries)), key=lambda index: (tries[index].key, tries[index].window)):
        each = tries[index]
        if _count(conn, each) > each.limit:
            waits[index] = max(1.0, (each.ends - each.now).total_seconds())
    return waits


def give_back(conn: Connection, tries: Sequence[Try]) -> None:
    """Takes tries out of the count again: they were good ones."""
    for each in sorted(tries, key=lambda each: each.key):
        conn.execute(
            update(ThrottleRow)
            .where(ThrottleRow.key == each.key, ThrottleRow.window == each.window, ThrottleRow.count > 0)
            .values(count=ThrottleRow.count - 1)
        )


def forget(conn: Connection, key: str) -> None:
    """Clears the count of a key."""
    conn.execute(delete(ThrottleRow).where(ThrottleRow.key == key))


def _count(conn: Connection, each: Try) -> int:
    insert: Any = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    counted = (
        insert(ThrottleRow)
        .values(key=each.key, window=each.window, count=1, expires_at=each.ends)
        .on_conflict_do_update(index_elements=["key", "window"], set_={"count": ThrottleRow.count + 1})
        .returning(ThrottleRow.count)
    )
    return int(conn.execute(counted).scalar_one())
