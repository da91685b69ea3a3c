"""Birthdays as they come round: who has one on given days."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, func, select

from hub.model.birthday import NO_YEAR
from hub.store.tables import CustomerRow

ABOUT = "birthday"


@dataclass(frozen=True, slots=True)
class Celebrating:
    customer_id: int
    birthday: date


def on(conn: Connection, days: Sequence[date], *, after: int = 0, limit: int = 250) -> list[Celebrating]:
    """Returns who celebrates on one of these days, by id; 29 February counts as the 28th where there is none.

    `after`: the last customer seen. Who was merged into another is left out.
    """
    rows = conn.execute(
        select(CustomerRow.id, CustomerRow.birthday)
        .where(
            CustomerRow.birthday.in_(sorted(_born(conn, days))),
            CustomerRow.id > after,
            CustomerRow.merged_into.is_(None),
        )
        .order_by(CustomerRow.id)
        .limit(limit)
    )
    return [Celebrating(row.id, row.birthday) for row in rows if row.birthday is not None]


def _born(conn: Connection, days: Sequence[date]) -> Iterator[date]:
    """Yields every day on which somebody may be born who celebrates then: so the index of birthdays answers."""
    known = CustomerRow.birthday > date(NO_YEAR, 12, 31)
    oldest, youngest = func.min(CustomerRow.birthday), func.max(CustomerRow.birthday)
    first, last = conn.execute(select(oldest, youngest).where(known)).one()
    years = {NO_YEAR, *(range(first.year, last.year + 1) if first and last else ())}
    wanted = {(day.month, day.day) for day in days}
    if any((day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3 for day in days):
        wanted.add((2, 29))
    for year in years:
        for month, day in wanted:
            if (month, day) != (2, 29) or isleap(year):
                yield date(year, month, day)
