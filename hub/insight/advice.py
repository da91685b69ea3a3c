"""Advice as pages show it: what may be next for a customer and why, what wears out, and how they like to be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.insight.offers import Earned, earned_with, with_last_days
from hub.model.errors import Refused
from hub.model.habits import Habits
from hub.model.segment import Sentence
from hub.store import advice, audience, habits, limits, offer_codes, segments, veil
from hub.store.advice import Next
from hub.store.segments import SegmentVersion
from hub.store.wearing import Worn, worn

_CODES = 10


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
        if veil.may_ask(conn, segment) and audience.belongs(conn, segment, now, customer_id):
            found.append(Belonging(segment=row, told=audience.explain(conn, segment, now, customer_id)))
    return found


def advice_for(conn: Connection, customer_id: int, now: datetime, business_zone: str) -> Advice:
    """Returns what is advised about a customer; only what there is enough evidence for, and nobody objected to."""
    if limits.objected(conn, [customer_id]):
        return Advice(next=(), worn=worn(conn, [customer_id], now), habits=None)
    return Advice(
        next=advice.next_for(conn, [customer_id], now).get(customer_id, []),
        worn=worn(conn, [customer_id], now),
        habits=habits_of(conn, customer_id, now, business_zone),
    )


def habits_of(conn: Connection, customer_id: int, now: datetime, business_zone: str) -> Habits | None:
    """Returns how a customer writes to us, by their messages of a year; None where these are too few."""
    return habits.shown(conn, [customer_id], now, business_zone).get(customer_id)
