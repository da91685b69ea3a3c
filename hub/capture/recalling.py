"""Recalling: what a provider has and its webhooks did not bring is captured, under the same keys as theirs.

Where no webhook can reach the hub, this is the only way in, and looks every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol

from sqlalchemy import Connection

from channels.base import Confirms, Cursor, Listed, Parses, Raw, Recalls
from hub.capture import confirming
from hub.capture.incoming import Incoming
from hub.capture.intake import Intake
from hub.capture.keeping_lease import kept_lease
from hub.capture.page import prepare_page
from hub.capture.people import principal
from hub.model.contact import InboundContact
from hub.model.errors import ChannelBroken, SendError, Unavailable
from hub.model.problem import Problem, Severity
from hub.store import health, leases, prices, recalled
from hub.store.leases import Lease
from hub.store.prices import Price
from hub.store.recalled import Standing

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
ALONE_EVERY = timedelta(seconds=10)
# Without a cursor an adapter looks back a day: that is what is counted, and what a lost status is found in.
_COUNT_EVERY = timedelta(hours=1)
_LOOK_BACK = timedelta(hours=23)
_PAGE = 200
# The note by which an adapter says that a message went out by our number; its value is the provider's reference.
_SENT = "sent"


class Provider(Recalls, Parses, Protocol):
    """A channel whose provider can list what it has."""

    name: str


@dataclass(slots=True)
class Tally:
    """What a look at the list came to: the keys of what is counted, and how much of it had been missing."""

    keys: dict[str, None] = field(default_factory=dict)
    new: int = 0


@dataclass(slots=True)
class Recaller:
    """Asks one channel's provider what it has since the last time; one process at a time."""

    intake: Intake
    channel: Provider
    worker: str
    clock: Callable[[], datetime]
    _waits_until: datetime | None = None

    @property
    def every(self) -> timedelta:
        """How often the list is looked at."""
        return ALONE_EVERY if self._alone else EVERY

    @property
    def _alone(self) -> bool:
        return isinstance(self.channel, Listed) and self.channel.only_recalls

    async def run_once(self) -> int:
        """Captures what was missing; returns how many payloads were new.

        Raises what the provider raises, after it was noted for the health page; the cursor stays then, and a provider
        that said when to come back is not asked before.
        """
        name, database = self.channel.name, self.intake.database
        if self._waits_until is not None and self.clock() < self._waits_until:
            return 0
        async with kept_lease(database, f"recall:{name}", self.worker, self.clock) as lease:
            if lease is None:
                return 0
            try:
                new = await self._look(lease)
                await confirming.send_due(database, self.channel, self.worker, self.clock)
            except (SendError, Unavailable) as error:
                await self._note(error)
                raise
        return new

    async def _look(self, lease: Lease) -> int:
        name, database, began = self.channel.name, self.intake.database, self.clock()
        standing = await database.read(recalled.standing, name)
        cursor = Cursor(recalled.MAILBOX, standing.position) if standing.position is not None else None
        counts = standing.counted_at is None or began - standing.counted_at >= _COUNT_EVERY
        tally = Tally()
        if cursor is not None and (not counts or _was_away(standing, began)):
            await self._capture(cursor, lease, tally)
        if counts or cursor is None:
            whole = Tally(new=tally.new)
            await self._capture(None, lease, whole)
            await self._count(lease, whole)
            return whole.new

        def note(conn: Connection, lease: Lease) -> None:
            leases.fence(conn, lease)
            recalled.note_read(conn, name, began)
            health.note_well(conn, name, self.clock())

        await database.write(note, lease)
        return tally.new

    async def _capture(self, after: Cursor | None, lease: Lease, tally: Tally) -> None:
        page: list[Raw] = []
        async for raw in self.channel.recall(after):
            page.append(raw)
            if len(page) >= _PAGE:
                await self._take(page, lease, tally)
                page = []
        if page:
            await self._take(page, lease, tally)

    async def _take(self, page: Sequence[Raw], lease: Lease, tally: Tally) -> None:
        """Captures what of a page is not here, then moves the cursor past it.

        A kill between reads the page again, which the unique keys make harmless; a page read by a process that lost its
        lease is not committed.
        """
        name, database = self.channel.name, self.intake.database
        tally.keys |= {raw.key: None for raw in page if not raw.note.get(_SENT)}
        here = await database.read(recalled.states, (name, [raw.key for raw in page]))
        missing = [raw for raw in page if raw.key not in here]
        if missing:
            prepared = await prepare_page(self.intake.blobs, name, self.channel, missing, lease)
            prepared = await self._by_others(prepared)
            await self._confirm(prepared)
            taken = await asyncio.gather(*[self.intake.submit(incoming) for incoming in prepared])
            tally.new += sum(not captured.duplicate for captured in taken)

        told = _prices(page)

        def passed(conn: Connection, last: Cursor | None) -> None:
            leases.fence(conn, lease)
            prices.note(conn, told, self.clock())
            if last is not None:
                leases.move_cursor(conn, name, recalled.MAILBOX, last.position, self.clock())

        await database.write(passed, page[-1].cursor)

    async def _by_others(self, prepared: Sequence[Incoming]) -> list[Incoming]:
        """Leaves out the messages that are the hub's own, and those of which that is not known yet: they come again."""
        sent = [str(incoming.note[_SENT]) for incoming in prepared if incoming.note.get(_SENT)]
        if not sent:
            return list(prepared)
        ours = await self.intake.database.read(recalled.ours, (self.channel.name, sent))

        def is_ours(incoming: Incoming) -> bool:
            to = {str(principal(each).identity) for each in incoming.events if isinstance(each, InboundContact)}
            return incoming.note[_SENT] in ours.references or not ours.under_way.isdisjoint(to)

        return [incoming for incoming in prepared if not incoming.note.get(_SENT) or not is_ours(incoming)]

    async def _confirm(self, prepared: Sequence[Incoming]) -> None:
        """Notes the confirmations that are owed before the texts are captured: a crash between repeats both."""
        channel = self.channel
        if isinstance(channel, Confirms):
            now = self.clock()
            owed = confirming.owed(channel, prepared, now, alone=self._alone)
            if owed:
                kind = confirming.kind(channel.name)
                await self.intake.database.write(lambda conn, each: confirming.enqueue(conn, kind, each, now), owed)

    async def _count(self, lease: Lease, tally: Tally) -> None:
        """Notes how much the provider has of the last day, and how much of it is here."""
        name, now = self.channel.name, self.clock()
        provider = self.channel.provider if isinstance(self.channel, Listed) else ""

        def note(conn: Connection, keys: Mapping[str, None]) -> None:
            leases.fence(conn, lease)
            here = recalled.states(conn, (name, list(keys)))
            counted = {
                "server": len(keys),
                "here": len(here),
                "unread": sum(state == "quarantined" for state in here.values()),
                "missing": len(keys) - len(here),
                "fetched": tally.new,
            }
            recalled.note_count(conn, name, provider, counted, now, _COUNT_EVERY)
            recalled.note_read(conn, name, now)
            health.note_well(conn, name, now)

        await self.intake.database.write(note, tally.keys)

    async def _note(self, error: SendError | Unavailable) -> None:
        refused = isinstance(error, ChannelBroken)
        wait = getattr(error, "retry_after", None)
        if wait:
            self._waits_until = self.clock() + timedelta(seconds=min(wait, EVERY.total_seconds() * 12))
        problem = Problem(
            code="channel_broken" if refused else "unavailable",
            severity=Severity.ERROR if refused else Severity.WARNING,
            where=self.channel.name,
            message=error.message,
            mend=error.next_step or "Nothing is lost: the hub looks again from where it stopped.",
            provider_code=getattr(error, "provider_code", ""),
        )
        with suppress(Unavailable):  # where it is the database that is down, it says so itself
            await self.intake.database.write(lambda conn, told: health.note_problem(conn, told, self.clock()), problem)


def _prices(page: Sequence[Raw]) -> list[Price]:
    """Returns the prices that a page of the list tells, also of what is here already: they come late."""
    found = []
    for raw in page:
        with suppress(KeyError, InvalidOperation):
            amount = Decimal(raw.note["price"])
            if amount.is_finite() and amount >= 0:
                found.append(Price(raw.note["of"], amount, raw.note.get("currency", "")[:3].upper()))
    return found


def _was_away(standing: Standing, now: datetime) -> bool:
    """Whether a look at the last day alone would leave a gap."""
    return standing.read_at is None or now - standing.read_at > _LOOK_BACK
