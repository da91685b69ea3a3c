"""Advice as pages show it: what may be next for a customer and why, what wears out, and how they like to be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from hub.insight.offers import Earned, earned_with, with_last_days
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.segment import Sentence
from hub.store import advice, audience, offer_codes, segments
from hub.store.advice import Next
from hub.store.ids import first_id, occurred_at
from hub.store.segments import SegmentVersion
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow
from hub.store.wearing import Worn, worn

# Less than this many messages of theirs within a year say nothing about how they like to be reached.
LEAST_MESSAGES = 5
_A_YEAR = timedelta(days=365)
_MOST = 500
_CODES = 10
# The parts of a day, by the first hour of each.
PARTS_OF_DAY = ((22, "night"), (18, "evening"), (14, "afternoon"), (11, "noon"), (6, "morning"), (0, "night"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a customer writes to us: of `many` messages so many by this medium, so many in this part of their day.

    Empty where no medium, or no part of the day, has more than half.
    """

    many: int
    medium: str
    of_medium: int
    part_of_day: str
    in_part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is advised about a customer; all of it may be empty."""

    next: Sequence[Next]
    worn: Sequence[Worn]
    habits: Habits | None

    def __bool__(self) -> bool:
        return bool(self.next or self.worn or self.habits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a customer's card: advice, the codes of their offers, what they brought."""

    advice: Advice
    codes: Sequence[Mapping[str, Any]]
    earned: Sequence[Earned]


def beside(conn: Connection, customer_id: int, now: datetime, business_zone: str) -> Beside:
    """Returns what stands beside a customer's card."""
    return Beside(
        advice=advice_for(conn, customer_id, now, business_zone),
        codes=with_last_days(offer_codes.of_customer(conn, customer_id, _CODES), business_zone),
        earned=earned_with(conn, customer_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """A segment that a customer belongs to, and what each of its rows says of them."""

    segment: SegmentVersion
    told: Sequence[tuple[Sentence, bool]]


def belongings(conn: Connection, customer_id: int, now: datetime) -> list[Belonging]:
    """Returns the segments that a customer belongs to now, by title, with the reasons. Raises NotFound."""
    found = []
    for row in segments.all_current(conn):
        try:
            segment = row.segment
        except Refused:
            continue  # a newer hub's condition, after going back to an older one: its own page says so
        if audience.belongs(conn, segment, now, customer_id):
            found.append(Belonging(segment=row, told=audience.explain(conn, segment, now, customer_id)))
    return found


def advice_for(conn: Connection, customer_id: int, now: datetime, business_zone: str) -> Advice:
    """Returns what is advised about a customer; only what there is enough evidence for."""
    return Advice(
        next=advice.next_for(conn, [customer_id], now).get(customer_id, []),
        worn=worn(conn, [customer_id], now),
        habits=habits_of(conn, customer_id, now, business_zone),
    )


def habits_of(conn: Connection, customer_id: int, now: datetime, business_zone: str) -> Habits | None:
    """Returns how a customer writes to us, by their messages of a year; None where these are too few."""
    rows = conn.execute(
        select(InteractionRow.medium, InteractionRow.id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(
            IdentityRow.customer_id == customer_id,
            InteractionRow.id >= first_id(now - _A_YEAR),
            InteractionRow.direction == "in",
            or_(InteractionRow.kind == "message", InteractionRow.medium == "call"),
        )
        .order_by(InteractionRow.id.desc())
        .limit(_MOST)
    ).all()
    spoken = [row for row in rows if row.medium in ("email", "sms", "whatsapp", "call")]
    if len(spoken) < LEAST_MESSAGES:
        return None
    place = _zone(conn.scalar(select(CustomerRow.time_zone).where(CustomerRow.id == customer_id)) or business_zone)
    medium, of_medium = Counter(row.medium for row in spoken).most_common(1)[0]
    hours = (occurred_at(row.id).astimezone(place).hour for row in spoken)
    part, in_part = Counter(part_of_day(hour) for hour in hours).most_common(1)[0]
    half = len(spoken) / 2
    return Habits(
        many=len(spoken),
        medium=medium if of_medium > half else "",
        of_medium=of_medium,
        part_of_day=part if in_part > half else "",
        in_part=in_part,
    )


def part_of_day(hour: int) -> str:
    """Returns the part of the day that an hour is of."""
    return next(name for first, name in PARTS_OF_DAY if hour >= first)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except Refused:
        return zone("UTC")
