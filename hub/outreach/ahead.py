"""Ahead: what the way out would do in the days to come, played through on a copy with a clock that jumps.

All is as it will be: planning, gates, the ledger. Only the channels are pretended: what would be given to them counts
as accepted. The clock goes from what is due to what is due next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.model.outbound import WAITING, Outgoing, Receipt
from hub.outreach.clockwork import Clockwork
from hub.outreach.due_next import LAST, begin, end_of_span, next_due, scans_for_people, stand
from hub.outreach.foreseeing import OURS, Travelled, foreseen
from hub.outreach.house import House
from hub.outreach.outlook import Outlook
from hub.outreach.playing import Player, Span
from hub.outreach.quiet_hours import Rulebook
from hub.outreach.sequencing.advancing import advance_at
from hub.store.session import Database
from hub.store.tables import CustomerRow, MessageRow

LONGEST = timedelta(days=366)
# Reminders are planned two days ahead, and nobody books or buys on the way: a look a day finds them all in time.
_LOOK_EVERY = timedelta(days=1)
# Nobody buys or writes on the way: what is known of them changes only by what gets old.
_LEARN_EVERY = timedelta(days=7)
# Calls back that staff owes are planned when they are due.
_CALLS_EVERY = timedelta(hours=3)
# Who comes into a segment, or leaves a cart, is looked for so often, where a sequence asks for it.
_SCAN_EVERY = timedelta(hours=1)
# Nobody waits for a copy but who stops it.
_STEPS_AT_ONCE = 500
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
    items: Outlook
    clocks: Sequence[ClockChange]
    waiting: int

    @property
    def sums(self) -> dict[str, int]:
        """How many messages would go out, how many not, and how many wait by then."""
        return {"gets": self.items.gets, "not": len(self.items) - self.items.gets, "waiting": self.waiting}


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
    channels = list(clockwork.dispatcher.channels)
    begun = await database.write(begin, (channels, since))
    player = Player(
        house=house, rulebook=clockwork.dispatcher.rulebook, channels=channels, keeps_history=begun.keeps_history
    )
    looks = calls = scans = learns = since
    while (now := clock.now) < until:
        if now >= looks:
            await clockwork.look_ahead(*(() if now >= learns else ("learn",)))
            looks, learns = now + _LOOK_EVERY, now + _LEARN_EVERY if now >= learns else learns
            scans = now + _SCAN_EVERY if await database.read(scans_for_people, None) else until
        elif now >= scans:
            await clockwork.sequences.look()
            scans = now + _SCAN_EVERY
        if now >= calls:
            await clockwork.remind_staff()
            calls = now + _CALLS_EVERY
        stands = await database.read(stand, now)
        if stands.runs:
            await clockwork.runs.run_once()
        ends = (until, looks, calls, scans, stands.next_run or until)
        last = min(end_of_span(now), *(each - LAST for each in ends))
        if stands.next_step is not None and stands.next_step <= last:
            while await database.write(_advance, (last, house, player.rulebook, now)) == _STEPS_AT_ONCE:
                continue
        if await _play(database, player, Span(now, last)):
            # What reached nobody may have another way, from then on.
            clock.now = last
            await clockwork.plan()
            await clockwork.plan_days()
            await _play(database, player, Span(last, last))
        if stands.runs:
            await clockwork.runs.run_once()
        tell(last)
        following = await database.read(next_due, last)
        clock.now = max(last + LAST, min(until, looks, calls, scans, following or until))
    travelled = Travelled(newest=begun.newest, since=since, until=until, own_zone=house.time_zone)
    items = await database.read(foreseen, travelled)
    zones = {house.time_zone, *await database.read(_zones, None)}
    waiting = await database.read(_count_waiting, begun.newest)
    return Ahead(since=since, until=until, items=items, clocks=clock_changes(zones, since, until), waiting=waiting)


def _advance(conn: Connection, given: tuple[datetime, House, Rulebook, datetime]) -> int:
    return advance_at(conn, *given, limit=_STEPS_AT_ONCE)


async def _play(database: Database, player: Player, span: Span) -> bool:
    """Decides all that is due in a span; returns whether a reminder was lost by it."""
    lost, last = False, 1
    while last:
        played = await database.write(player.play, span)
        last, lost = played.many, lost or played.lost
    return lost


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


def _zones(conn: Connection, _: None) -> list[str]:
    return [name for name in conn.scalars(select(CustomerRow.time_zone).distinct()) if name]


def _count_waiting(conn: Connection, last: int) -> int:
    waits = MessageRow.state.in_(_WAITING) & MessageRow.origin.in_(OURS)
    return conn.execute(select(func.count()).select_from(MessageRow).where(waits, MessageRow.id > last)).scalar_one()
