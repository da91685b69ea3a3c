"""Ahead: what the way out would do in the days to come, played through on a copy with a clock that jumps.

All is as it will be: planning, gates, the ledger. Only the channels are pretended: what they are given is accepted, and
goes nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from hub.model.campaign import LATE
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.outbound import WAITING, Outgoing, Receipt, State
from hub.outreach.clockwork import Clockwork
from hub.outreach.foreseeing import OURS, Foreseen, foreseen
from hub.outreach.sequencing.entering import SCANNED
from hub.store import campaigns, dispatching, enrolments, runs, sequences
from hub.store.session import Database
from hub.store.tables import CampaignRow, CustomerRow, EnrolmentRow, MessageRow, SequenceRow
from hub.store.tables.base import EPOCH

LONGEST = timedelta(days=366)
# Rules plan hours ahead, so a look now and then finds all of it in time.
_LOOK_EVERY = timedelta(hours=3)
# Who comes into a segment, or leaves a cart, is looked for so often, where a sequence asks for it.
_SCAN_EVERY = timedelta(hours=1)
# Nobody buys anything on the way: what goes with what changes by the day alone.
_LEARN_EVERY = timedelta(days=1)
# What is due within so long is done together, at the end of it: no step is late by that, and a month has few steps.
# They end where hours and days of every zone do (their offsets are quarters of an hour), so that no message comes to
# its gates in other hours than those it was due in.
_GRAINS = tuple(timedelta(minutes=minutes) for minutes in (15, 5, 3, 1))
# Steps of sequences are done together for so long ahead; their messages keep the times when they are due.
_SEQUENCES = timedelta(hours=1)
_LAST = timedelta(milliseconds=1)
# What is held asks again every few minutes; here it waits until something may have changed.
_HELD_AGAIN = timedelta(minutes=30)
# Held until a moment that is known.
_UNTIL_THEN = ("quiet_hours", "frequency_cap_waits", "spend_cap_waits")
_WAITING = sorted(state.value for state in WAITING)


class Pretended:
    """A channel that accepts what it is given and tells nobody."""

    def __init__(self, name: str, schemes: Sequence[str], spoken_schemes: Sequence[str] = ()) -> None:
        self.name, self.schemes = name, tuple(schemes)
        if spoken_schemes:
            self.spoken_schemes = tuple(spoken_schemes)

    async def send(self, message: Outgoing, deadline: datetime) -> Receipt:
        return Receipt(reference=f"ahead/{message.id}")


class Jumping:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """The clocks of a zone change: by `minutes`, at an instant."""

    zone: str
    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What the days from `since` to `until` bring. `waiting`: planned by then, and due later."""

    since: datetime
    until: datetime
    items: Sequence[Foreseen]
    clocks: Sequence[ClockChange]
    waiting: int

    @property
    def gets(self) -> int:
        return sum(1 for item in self.items if item.gets)

    def as_json(self) -> dict[str, Any]:
        """Returns it for machines."""
        return {**asdict(self), "gets": self.gets, "not": len(self.items) - self.gets}


def read_days(text: str) -> int:
    """Reads `30d`, `4w` or a number of days. Raises Refused."""
    text = text.strip().lower()
    number, unit = (text[:-1], text[-1]) if text[-1:] in ("d", "w") else (text, "d")
    if not (number.isascii() and number.isdecimal() and len(number) <= 3):
        raise Refused(f"{text[:20]!r} is no number of days.", field="days", next_step="Write it as 30d or 4w.")
    days = int(number) * (7 if unit == "w" else 1)
    if not 1 <= days <= LONGEST.days:
        raise Refused(f"It goes 1 to {LONGEST.days} days ahead.", field="days")
    return days


async def run_ahead(
    database: Database, clockwork: Clockwork, clock: Jumping, until: datetime, tell: Callable[[datetime], None]
) -> Ahead:
    """Plays a copy through until a moment; returns what would go out and what not. `tell`: how far it is."""
    since, house = clock.now, clockwork.dispatcher.house
    last, grain = await database.read(_newest, None), await database.read(_grain, None)
    looked = scanned = since - _LOOK_EVERY
    learnt, scans = since - _LEARN_EVERY, False
    while clock.now < until:
        now = clock.now
        stands = await database.read(_stand, (now, _end_of(_SEQUENCES, now)))
        if now - looked >= _LOOK_EVERY:
            scans = await database.read(_scans, None)
            besides = () if now - learnt >= _LEARN_EVERY else ("learn",)
            await clockwork.look_ahead(*besides)
            looked = scanned = now
            learnt = learnt if besides else now
        else:
            if stands.runs:
                await clockwork.runs.run_once()
            if scans and now - scanned >= _SCAN_EVERY:
                await clockwork.sequences.look()
                scanned = now
        if stands.steps or looked == now or scanned == now:
            await clockwork.sequences.go_on(_end_of(_SEQUENCES, now))
        await _send(database, clockwork, now)
        if stands.runs or looked == now:
            await clockwork.runs.run_once()
        tell(now)
        following = await database.read(_next, now)
        scan = scanned + _SCAN_EVERY if scans else until
        clock.now = min(until, looked + _LOOK_EVERY, scan, _end_of(grain, following) if following else until)
    names = await database.read(foreseen, (last, since, house.time_zone))
    zones = {house.time_zone, *await database.read(_zones, None)}
    waiting = await database.read(_count_waiting, last)
    return Ahead(since=since, until=until, items=names, clocks=clock_changes(zones, since, until), waiting=waiting)


def clock_changes(zones: set[str], since: datetime, until: datetime) -> list[ClockChange]:
    """Returns where and when clocks change between two moments, to the minute."""
    found = []
    for name in sorted(zones):
        try:
            place = zone(name)
        except Refused:
            continue
        at = since
        while at < until:
            following = min(at + timedelta(days=1), until)
            if _offset(at, place) != _offset(following, place):
                early, late = at, following
                while late - early > timedelta(minutes=1):
                    middle = early + (late - early) / 2
                    early, late = (middle, late) if _offset(middle, place) == _offset(at, place) else (early, middle)
                change = int((_offset(following, place) - _offset(at, place)).total_seconds() // 60)
                found.append(ClockChange(zone=name, at=late.replace(second=0, microsecond=0), minutes=change))
            at = following
    return found


def _offset(at: datetime, place: ZoneInfo) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta()


async def _send(database: Database, clockwork: Clockwork, now: datetime) -> None:
    """Sends what is due."""
    channels = list(clockwork.dispatcher.channels)
    while (await database.read(lambda conn, at: dispatching.due(conn, channels, at), now)).channels:
        taken = await clockwork.dispatcher.dispatch()
        await clockwork.dispatcher.drain()
        if not taken:
            break


def _end_of(grain: timedelta, at: datetime) -> datetime:
    """Returns the last moment of the span of this length that a moment lies in."""
    return at - (at - EPOCH) % grain + grain - _LAST


@dataclass(frozen=True, slots=True)
class _Stands:
    """Whether campaigns or runs have something to do, and whether steps of sequences are due."""

    runs: bool
    steps: bool


def _stand(conn: Connection, given: tuple[datetime, datetime]) -> _Stands:
    now, by = given
    return _Stands(
        runs=bool(campaigns.due(conn, now) or runs.to_look_after(conn)),
        steps=enrolments.any_due(conn, by),
    )


def _scans(conn: Connection, _: None) -> bool:
    """Says whether a sequence that is on looks for people, since no event tells of them."""
    on = {name for name, each in sequences.switches(conn).items() if each.state == sequences.ON}
    return any(row.name in on and row.definition["entry"]["on"] in SCANNED for row in sequences.all_current(conn))


def _grain(conn: Connection, _: None) -> timedelta:
    """Returns how coarse the steps may be: at most a third of the shortest time after which something is too late."""
    late = [int(row.get("late_minutes", LATE)) for row in conn.scalars(select(CampaignRow.definition))]
    late += [int(row.get("late_minutes", LATE)) for row in conn.scalars(select(SequenceRow.definition))]
    third = timedelta(minutes=min([LATE, *late]) / 3)
    return next((grain for grain in _GRAINS if grain <= third), _GRAINS[-1])


def _newest(conn: Connection, _: None) -> int:
    return conn.scalar(select(func.max(MessageRow.id))) or 0


def _next(conn: Connection, now: datetime) -> datetime | None:
    """Returns when something is due next; what is held is looked at again after a while only."""
    held = MessageRow.state == State.HELD.value
    waits = MessageRow.state.in_(_WAITING) & ~held | held & MessageRow.reason.in_(_UNTIL_THEN)
    moments = [
        conn.scalar(select(func.min(MessageRow.due_at)).where(waits, MessageRow.due_at > now)),
        conn.scalar(select(func.min(CampaignRow.next_run_at)).where(CampaignRow.next_run_at > now)),
        conn.scalar(
            select(func.min(EnrolmentRow.due_at)).where(EnrolmentRow.state == "active", EnrolmentRow.due_at > now)
        ),
    ]
    if conn.scalar(select(MessageRow.id).where(held, MessageRow.reason.not_in(_UNTIL_THEN)).limit(1)) is not None:
        moments.append(now + _HELD_AGAIN)
    return min((moment for moment in moments if moment is not None), default=None)


def _zones(conn: Connection, _: None) -> list[str]:
    return [name for name in conn.scalars(select(CustomerRow.time_zone).distinct()) if name]


def _count_waiting(conn: Connection, last: int) -> int:
    waits = MessageRow.state.in_(_WAITING) & MessageRow.origin.in_(OURS)
    return conn.execute(select(func.count()).select_from(MessageRow).where(waits, MessageRow.id > last)).scalar_one()
