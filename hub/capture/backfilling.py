"""Backfilling: older mail that somebody asked for comes in, the newest first, while new mail goes on coming.

How far it is is committed after every page of at most 200; a kill goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from channels.base import Cursor, Holds, Parses
from hub.capture.intake import Intake
from hub.capture.keeping_lease import kept_lease
from hub.capture.numbered import Store, capture_numbers, here
from hub.capture.where import go_on
from hub.model.errors import HubError
from hub.store import backfills, leases, mailboxes
from hub.store.backfills import Backfill
from hub.store.leases import Lease

EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Backfiller:
    """Works on every open backfill of the channels that can fetch again what they once passed."""

    intake: Intake
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Brings each open backfill as far as it goes; returns how many ended. Raises what held one up."""
        stores = {
            name: channel
            for name, channel in self.channels.items()
            if isinstance(channel, Holds) and isinstance(channel, Parses)
        }
        if not stores:
            return 0
        found = await self.intake.database.read(backfills.open_ones, list(stores))
        by_channel: dict[str, list[Backfill]] = {}
        for each in found:
            by_channel.setdefault(each.channel, []).append(each)
        ended = await asyncio.gather(
            *[self._work(stores[name], several) for name, several in by_channel.items()],  # type: ignore[arg-type]
            return_exceptions=True,
        )
        for outcome in ended:
            if isinstance(outcome, BaseException):
                raise outcome
        return sum(outcome for outcome in ended if isinstance(outcome, int))

    async def _work(self, channel: Store, wanted: list[Backfill]) -> int:
        """Works on one channel's backfills one after the other: its server sees one connection of ours more."""
        ended = 0
        for backfill in wanted:
            name = f"backfill:{channel.name}/{backfill.mailbox}"
            async with kept_lease(self.intake.database, name, self.worker, self.clock) as lease:
                if lease is None:
                    continue
                try:
                    ended += await self._bring(channel, backfill, lease)
                except HubError as error:
                    await self.intake.database.write(self._trouble, (backfill.id, error.message))
                    raise
        return ended

    async def _bring(self, channel: Store, backfill: Backfill, lease: Lease) -> bool:
        """Returns whether it came to its end."""
        database, name, mailbox = self.intake.database, channel.name, backfill.mailbox
        polled = await channel.holding(
            mailbox, await database.write(lambda conn, now: go_on(conn, channel, name, mailbox, now), self.clock())
        )
        since = Cursor(mailbox, {"since": backfill.since.isoformat()}) if backfill.since else None
        holding = await channel.holding(mailbox, since)
        if holding is None or polled is None:
            return await database.write(self._end, (backfill, lease))
        # What polling brings is left to it: that is news, this is history.
        left_out = set(holding.wanted).difference(polled.wanted, await here(database, name, holding))
        goes_on = backfill.epoch == holding.epoch
        numbers = sorted((n for n in left_out if not goes_on or n < backfill.before), reverse=True)
        before = backfill.before if goes_on else holding.wanted[-1] + 1 if holding.wanted else 0
        await database.write(self._begin, (backfill, lease, holding.epoch, before, len(numbers)))
        at = 0
        pages = capture_numbers(self.intake, channel, mailbox, holding, numbers, lease, live_from=None)
        async with aclosing(pages):
            async for passed, _captured in pages:
                at += passed
                if not await database.write(self._passed, (backfill, lease, passed, numbers[at - 1])):
                    return False
        return await database.write(self._end, (backfill, lease))

    def _begin(self, conn: Connection, begun: tuple[Backfill, Lease, int, int, int]) -> None:
        backfill, lease, epoch, before, left = begun
        leases.fence(conn, lease)
        backfills.begin(conn, backfill, epoch, before, left, self.clock())

    def _trouble(self, conn: Connection, held_up: tuple[int, str]) -> None:
        backfills.trouble(conn, *held_up, self.clock())

    def _passed(self, conn: Connection, moved: tuple[Backfill, Lease, int, int]) -> bool:
        backfill, lease, passed, before = moved
        leases.fence(conn, lease)
        return backfills.advance(conn, backfill.id, passed, before, self.clock())

    def _end(self, conn: Connection, ended: tuple[Backfill, Lease]) -> bool:
        backfill, lease = ended
        leases.fence(conn, lease)
        if not backfills.end(conn, backfill.id, "done", self.clock()):
            return False
        mailboxes.reach_back(conn, backfill.channel, backfill.mailbox, backfill.since)
        mailboxes.compare_soon(conn, backfill.channel)
        return True
