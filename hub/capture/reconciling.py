"""Reconciling: once a day each mailbox is counted on its server and here; what is missing is fetched.

Missing is what polling should have brought and did not: a flag `\\Deleted` taken back, a mail that a server showed late
under a number already passed, an arrival that was lost with a disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from channels.base import Holding, Holds, Parses
from hub.capture.intake import Intake
from hub.capture.keeping_lease import kept_lease
from hub.capture.numbered import Store, capture_numbers, here
from hub.capture.where import go_on
from hub.model.errors import HubError
from hub.store import leases, mailboxes
from hub.store.leases import Lease

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
_DAILY = timedelta(hours=24)
_AFTER_TROUBLE = timedelta(hours=1)
# What was missing for longer has been dealt with elsewhere.
_HISTORY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares the mailboxes of the channels whose servers keep what came."""

    intake: Intake
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Compares what is due; returns how many missing payloads were fetched. Raises what went wrong last."""
        fetched, wrong = 0, None
        due = await self.intake.database.read(mailboxes.due_comparisons, self.clock())
        for name, channel in self.channels.items():
            if not isinstance(channel, Holds) or not isinstance(channel, Parses):
                continue
            for mailbox in channel.mailboxes:
                if (name, mailbox) not in due:
                    continue
                try:
                    fetched += await self._compare(channel, mailbox)  # type: ignore[arg-type]  # both, as just asked
                except HubError as error:
                    wrong = error
        if wrong is not None:
            raise wrong
        return fetched

    async def _compare(self, channel: Store, mailbox: str) -> int:
        name, database, now = channel.name, self.intake.database, self.clock()

        def claim(conn: Connection, next_at: datetime) -> bool:
            return mailboxes.claim_comparison(conn, name, mailbox, now, next_at)

        if not await database.write(claim, now + _AFTER_TROUBLE):
            return 0
        async with kept_lease(database, f"compare:{name}/{mailbox}", self.worker, self.clock) as lease:
            if lease is None:
                return 0
            after = await database.write(lambda conn, now: go_on(conn, channel, name, mailbox, now), now)
            holding = await channel.holding(mailbox, after)
            return await self._mend(channel, mailbox, holding, lease) if holding else 0

    async def _mend(self, channel: Store, mailbox: str, holding: Holding, lease: Lease) -> int:
        """Fetches what is missing, counts, and notes the result."""
        database = self.intake.database
        ours = await here(database, channel.name, holding)
        wanted = set(holding.wanted)
        missing = [number for number in holding.wanted if number <= holding.passed and number not in ours]
        fetched = 0
        if missing:
            log.warning("%s: %d mails of %s are missing here and are fetched", channel.name, len(missing), mailbox)
            pages = capture_numbers(
                self.intake, channel, mailbox, holding, missing, lease, live_from=self.clock() - _HISTORY
            )
            async with aclosing(pages):
                async for _passed, captured in pages:
                    fetched += captured
            ours = await here(database, channel.name, holding)
        there = [number for number in holding.numbers if number <= holding.passed or number in ours]
        counted = {
            "folder": holding.folder,
            "server": len(there),
            "here": sum(number in ours for number in there),
            "unread": sum(not ours.get(number, True) for number in there),
            "left_out": sum(number not in ours and number not in wanted for number in there),
            "missing": sum(number not in ours and number in wanted for number in there),
            "fetched": fetched,
        }

        def note(conn: Connection, now: datetime) -> None:
            leases.fence(conn, lease)
            mailboxes.note_comparison(conn, channel.name, mailbox, counted, now, now + _DAILY)

        await database.write(note, self.clock())
        return fetched
