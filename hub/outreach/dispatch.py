"""Dispatch: takes what is due, renders it, asks the gates, sends it, and writes down what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from channels.base import Sends
from hub.config import Settings
from hub.model.errors import Unavailable
from hub.outreach import outcomes
from hub.outreach.enclosing import with_files
from hub.outreach.handing_over import HandingOver
from hub.outreach.house import House
from hub.outreach.lane import Lane
from hub.outreach.lane_settings import numbers_of
from hub.outreach.outcomes import Outcome
from hub.outreach.pace import Pace
from hub.outreach.prepare import Prepared, gather, prepare
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.spool import Spool
from hub.outreach.submitting import Go, submit
from hub.store import dispatching
from hub.store.blobs import Blobs
from hub.store.installation import settings_epoch
from hub.store.keys import Keys
from hub.store.session import Database

log = logging.getLogger(__name__)

CLAIM_LEASE = timedelta(minutes=5)
# So many are rendered before others get their turn on the event loop.
_RENDERED_AT_ONCE = 10
# So many are settled, and so many let through, on the event loop in one go where that is quicker than in a thread (see
# hub.store.sqlite): about 15 ms.
LIGHT_TURN = 96
# A process that is told to stop gives what is on its way this long to arrive.
GRACE_SECONDS = 5.0


class Dispatcher:
    """Sends for one process; any number of processes share the work through the database.

    `address_of(channel)`: under which address the channel's provider calls us.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, object],
        settings: Settings,
        keys: Keys,
        blobs: Blobs,
        worker: str,
        clock: Callable[[], datetime],
        address_of: Callable[[str], str],
        public_url: str = "",
    ) -> None:
        self.database = database
        self.clock = clock
        self.worker = worker
        self.house = House.of(settings, channels, public_url or settings.public_url, keys)
        self.channels: dict[str, Sends] = {
            name: channel for name, channel in channels.items() if isinstance(channel, Sends)
        }
        self._handing = HandingOver(self.channels, self.house, clock, address_of)
        self.rulebook = rulebook_of(settings)
        self._spool = Spool(settings.hub.data / "spool")
        self._blobs = blobs
        self._consent_key = keys.consent
        self._epoch = settings.epoch
        # SQLite has one writer, whom one commit costs less than two; PostgreSQL does two things at a time.
        self._is_one_turn = database.engine == "sqlite"
        # What is on its way, as it was submitted: most of it need not be read again to be settled.
        self._submitted: dict[int, Mapping[str, Any]] = {}
        self._lanes = {name: self._lane(settings, name) for name in self.channels}

    def _lane(self, settings: Settings, name: str) -> Lane:
        at_once, in_flight, per_second, domains = numbers_of(settings, name)
        most = LIGHT_TURN if self._is_one_turn else None
        return Lane(name, at_once, Pace(per_second), self, domains, in_flight, apart=not self._is_one_turn, most=most)

    async def dispatch(self) -> int:
        """Takes what is due and sets it on its way; returns how many. Cheap when nothing is due.

        What was spooled is stored first. Raises Unavailable while the database is down.
        """
        await self.replay()
        due = await self.database.read(lambda conn, now: dispatching.due(conn, list(self.channels), now), self.clock())
        taken = await asyncio.gather(*[self._lanes[channel].pull() for channel in due.channels])
        return sum(taken)

    async def run_once(self) -> int:
        """Sends everything that is due and waits for what came of it; returns how many were taken."""
        total = 0
        while taken := await self.dispatch():
            total += taken
            await self.drain()
        return total

    async def drain(self) -> None:
        """Waits until nothing is on its way."""
        while tasks := [task for lane in self._lanes.values() for task in lane.tasks()]:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Lets what is on its way arrive, for a moment; what does not is written down as unknown."""
        await asyncio.gather(*[lane.stop(GRACE_SECONDS) for lane in self._lanes.values()])
        try:
            await self.database.write(dispatching.let_go, self.worker)
        except Unavailable as error:
            log.warning("%s What this process had claimed is taken again when its lease ends.", error.message)

    async def replay(self) -> None:
        """Stores what was spooled while the database was down. Raises Unavailable while it still is."""
        kept = await asyncio.to_thread(self._spool.kept)
        for path, outcome in kept:
            try:
                [counted] = await self.database.submit(self._settle, [outcome])
            except Unavailable:
                raise
            except Exception:
                log.exception("the spooled outcome %s cannot be stored and is set aside", path.name)
                await asyncio.to_thread(self._spool.set_aside, path)
                continue
            log.info("a spooled outcome was stored", extra={"message_id": outcome.message, "counted": counted})
            await asyncio.to_thread(self._spool.forget, path)

    async def settle(self, *outcomes: Outcome) -> None:
        """Stores what came of sends, together; in the spool what the database does not take."""
        try:
            await self.database.submit(self._settle, outcomes)
        except Unavailable as error:
            await self._keep(outcomes, error)
        except Exception:
            if len(outcomes) > 1:
                for outcome in outcomes:
                    await self.settle(outcome)
                return
            log.exception("what came of message %s could not be stored; it is kept on disk", outcomes[0].message)
            await asyncio.to_thread(self._spool.keep, outcomes[0])

    async def _keep(self, outcomes: Sequence[Outcome], error: Unavailable) -> None:
        log.warning("%s What was sent is kept on disk.", error.message)
        for outcome in outcomes:
            await asyncio.to_thread(self._spool.keep, outcome)

    def status_url(self, channel: str, message: int, attempt: int) -> str:
        """Returns where the provider reports what became of an attempt; empty where the channel takes no reports."""
        return self._handing.status_url(channel, message, attempt)

    async def claim(self, lane: str, limit: int) -> list[Prepared]:
        """Takes messages that are due and renders them. Raises Unavailable."""
        messages = await self.database.write(self._claim, (lane, limit))
        if not messages:
            return []
        materials = await self.database.read(gather, messages)
        prepared = []
        for number, message in enumerate(messages, 1):
            prepared.append(prepare(message, materials, self.house, self.rulebook))
            if number % _RENDERED_AT_ONCE == 0:
                await asyncio.sleep(0)
        return prepared

    async def turn(self, ended: Sequence[Outcome], batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        """Stores what came of messages and lets the next through, of which it returns those that leave now."""
        passed = await self._turn(ended, batch)
        for one in ended:
            self._submitted.pop(one.message, None)
        self._submitted |= {prepared.id: go.row for prepared, go in passed}
        return passed

    async def _turn(self, ended: Sequence[Outcome], batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        if not batch:
            await self.settle(*ended)
            return []
        if not ended:
            return await self.let_through(batch)
        if self._is_one_turn:
            return await self._turn_at_once(ended, batch)
        _, passed = await asyncio.gather(self.settle(*ended), self.let_through(batch))
        return passed

    async def _turn_at_once(self, ended: Sequence[Outcome], batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        """Does both in one transaction, for one commit; apart where one message spoils it for the others."""
        ready = await self._with_files(batch)
        try:
            verdicts = await self.database.submit(self._settle_and_submit, (ended, ready), light=True)
        except Unavailable as error:
            await self._keep(ended, error)
            return []
        except Exception:
            log.warning("what ended and what is next could not be stored together", exc_info=True)
            await self.settle(*ended)
            return await self.let_through(batch)
        return _leaving(ready, verdicts)

    async def let_through(self, batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        """Asks every gate and commits `submitting`, for all in one transaction; returns what leaves now."""
        ready = await self._with_files(batch)
        try:
            verdicts = await self.database.submit(self._submit, ready)
        except Unavailable as error:
            log.warning("%s %s messages stay claimed and are taken again.", error.message, len(batch))
            return []
        except Exception:
            if len(batch) > 1:
                return [passed for one in batch for passed in await self.let_through([one])]
            log.exception("message %s could not be let through and is taken again", batch[0].id)
            return []
        return _leaving(ready, verdicts)

    async def _with_files(self, batch: Sequence[Prepared]) -> list[Prepared]:
        return [
            await asyncio.to_thread(with_files, one, self._blobs)
            if one.enclosed or one.message["content"].get("attachments")
            else one
            for one in batch
        ]

    def _claim(self, conn: Connection, given: tuple[str, int]) -> list[dict[str, Any]]:
        channel, free = given
        now = self.clock()
        if dispatching.kill_switch(conn) or self._is_behind(conn):
            return []
        paused = dispatching.pauses(conn, [channel], now)
        if channel in paused.in_force:
            return []
        limit = 1 if channel in paused.to_try else free
        return dispatching.claim(conn, channel, self.worker, now, now + CLAIM_LEASE, limit)

    async def hand_over(self, lane: str, prepared: Prepared, go: Go) -> Outcome:
        """Gives a message to its provider; returns what came of it, also when it is cancelled."""
        return await self._handing.hand_over(lane, prepared, go)

    def take(
        self, lane: str, prepared: Prepared, go: Go, tell: Callable[[Outcome], None]
    ) -> Callable[[], Outcome] | None:
        """Gives a message to a provider that takes it at once (see HandingOver)."""
        return self._handing.take(lane, prepared, go, tell)

    def not_begun(self, prepared: Prepared, go: Go) -> Outcome:
        """Returns the outcome of a message of which no byte has left when the hub was stopped."""
        return self._handing.not_begun(prepared, go)

    def _is_behind(self, conn: Connection) -> bool:
        """Whether the settings were changed: what goes out then is for the process that has taken them up."""
        return settings_epoch(conn) != self._epoch

    def _submit(self, conn: Connection, batches: Sequence[Sequence[Prepared]]) -> list[list[Go | None]]:
        items = [item for batch in batches for item in batch]
        if self._is_behind(conn):
            return [[None] * len(batch) for batch in batches]
        verdicts = iter(submit(conn, items, self.clock(), self.worker, self.house, self.rulebook))
        return [list(islice(verdicts, len(batch))) for batch in batches]

    def _settle_and_submit(
        self, conn: Connection, turns: Sequence[tuple[Sequence[Outcome], Sequence[Prepared]]]
    ) -> list[list[Go | None]]:
        """Settles first: no more are in `submitting` than may be."""
        self._settle(conn, [ended for ended, _ in turns])
        return self._submit(conn, [batch for _, batch in turns])

    def _settle(self, conn: Connection, batches: Sequence[Sequence[Outcome]]) -> list[list[bool]]:
        found = [outcome for batch in batches for outcome in batch]
        counted = iter(outcomes.settle(conn, found, self._consent_key, self._submitted))
        return [list(islice(counted, len(batch))) for batch in batches]


def _leaving(batch: Sequence[Prepared], verdicts: Sequence[Go | None]) -> list[tuple[Prepared, Go]]:
    return [(one, go) for one, go in zip(batch, verdicts, strict=True) if go is not None]
