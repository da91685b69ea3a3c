"""Birthdays as they come round: who has one on given days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, extract, select

from hub.store.tables import CustomerRow

ABOUT = "birthday"
_DAY = extract("month", CustomerRow.birthday) * 100 + extract("day", CustomerRow.birthday)
_FEBRUARY_29 = 229


@dataclass(frozen=True, slots=True)
class Celebrating:
    customer_id: int
    birthday: date


def on(conn: Connection, days: Sequence[date], *, after: int = 0, limit: int = 250) -> list[Celebrating]:
    """Returns who celebrates on one of these days, by id; 29 February counts as the 28th where there is none.

    `after`: the last customer seen. Who was merged into another is left out.
    """
    wanted = {day.month * 100 + day.day for day in days}
    if any((day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3 for day in days):
        wanted.add(_FEBRUARY_29)
    rows = conn.execute(
        select(CustomerRow.id, CustomerRow.birthday)
        .where(
            CustomerRow.id > after,
            CustomerRow.birthday.is_not(None),
            CustomerRow.merged_into.is_(None),
            _DAY.in_(sorted(wanted)),
        )
        .order_by(CustomerRow.id)
        .limit(limit)
    )
    return [Celebrating(row.id, row.birthday) for row in rows if row.birthday is not None]
