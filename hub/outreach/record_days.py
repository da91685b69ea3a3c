"""Days of records: which purchases, lapses, offers and requests a rule is about on the days that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.model.local_time import local_instant, zone
from hub.store import offer_codes, offers, record_days

# Who comes every week is not asked after every visit.
ASKED_AGAIN = timedelta(days=180)
_A_DAY = timedelta(days=1)
_PAGE = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day about which a rule says something: of whom, and what of the thing makes it the same occasion again.

    `at`: the instant that the thing itself names, where it is more than a day. `refused`: why nothing is said.
    """

    about: str
    about_id: int
    revision: int
    customer_id: int
    day: date
    occasion: date
    at: datetime | None = None
    refused: str = ""


def pages(
    conn: Connection, rule: Mapping[str, Any], first: date, last: date, business_zone: str, now: datetime
) -> Iterator[list[Day]]:
    """Yields what a rule is about from one day of the business to another, page by page."""
    place, about = zone(business_zone), rule["about"]
    start, end = _begins(first, place), _begins(last + _A_DAY, place)
    after: tuple[datetime, int] | None = None
    while rows := _FIND[about](conn, start, end, after):
        after = (rows[-1].at, rows[-1].id)
        asked: set[int] = set()
        if about == record_days.PURCHASE:
            people = [row.customer_id for row in rows]
            asked = record_days.asked_lately(conn, rule["id"], about, people, now - ASKED_AGAIN)
        yield [
            Day(
                about=about,
                about_id=row.id,
                revision=1,
                customer_id=row.customer_id,
                day=_day(row.at, about, place),
                occasion=_day(row.at, about, place),
                at=row.at,
                refused="asked_lately" if row.customer_id in asked else "",
            )
            for row in rows
        ]


def _begins(day: date, place: ZoneInfo) -> datetime:
    return local_instant(datetime.combine(day, time()), place)


def _day(at: datetime, about: str, place: ZoneInfo) -> date:
    """Returns the business's day; what ends with a day is of that day, not of the next."""
    return ((at - timedelta(milliseconds=1)) if about == offers.ABOUT else at).astimezone(place).date()


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    customer_id: int
    at: datetime


def _ending(conn: Connection, start: datetime, end: datetime, after: tuple[datetime, int] | None) -> list[Any]:
    # The last moment of a day is the first of the next.
    rows = offer_codes.ending(conn, start + timedelta(milliseconds=1), end, after=after, limit=_PAGE)
    return [_Found(row["id"], row["customer_id"], row["expires_at"]) for row in rows]


_Find = Callable[[Connection, datetime, datetime, tuple[datetime, int] | None], list[Any]]
_FIND: Mapping[str, _Find] = {
    record_days.PURCHASE: lambda conn, start, end, after: record_days.bought(conn, start, end, after=after),
    record_days.LAPSE: lambda conn, start, end, after: record_days.lapsed(conn, start, end, after=after),
    record_days.INQUIRY: lambda conn, start, end, after: record_days.inquiries(conn, start, end, after=after),
    offers.ABOUT: _ending,
}
