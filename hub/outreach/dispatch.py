"""Dispatch: takes what is due, renders it, asks the gates, sends it, and writes down what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from channels.base import Receives, Sends
from hub.config import Settings
from hub.model.errors import HubError, Unavailable, Unknown
from hub.outreach import outcomes
from hub.outreach.house import House
from hub.outreach.outcomes import Outcome
from hub.outreach.prepare import Prepared, gather, outgoing, prepare, with_files
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.spool import Spool
from hub.outreach.submitting import Go, submit
from hub.store import dispatching
from hub.store.blobs import Blobs
from hub.store.installation import settings_epoch
from hub.store.keys import Keys
from hub.store.session import Database

log = logging.getLogger(__name__)

BATCH = 50
AT_ONCE = 8
CLAIM_LEASE = timedelta(minutes=5)
# A process that is told to stop gives what is on its way this long to arrive.
GRACE_SECONDS = 5.0
STATUS_HOOK = "text_status"


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
        self.rulebook = rulebook_of(settings)
        self._spool = Spool(settings.hub.data / "spool")
        self._blobs = blobs
        self._consent_key = keys.consent
        self._address_of = address_of
        self._epoch = settings.epoch
        self._places = {name: asyncio.Semaphore(AT_ONCE) for name in self.channels}
        self._on_their_way: dict[str, set[asyncio.Task[None]]] = {name: set() for name in self.channels}

    async def dispatch(self) -> int:
        """Takes what is due and sets it on its way; returns how many. Cheap when nothing is due.

        What was spooled is stored first. Raises Unavailable while the database is down.
        """
        await self.replay()
        due = await self.database.read(lambda conn, now: dispatching.due(conn, list(self.channels), now), self.clock())
        taken = await asyncio.gather(*[self._pull(channel) for channel in due.channels])
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
        while tasks := [task for lane in self._on_their_way.values() for task in lane]:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Lets what is on its way arrive, for a moment; what does not is written down as unknown."""
        if tasks := [task for lane in self._on_their_way.values() for task in lane]:
            _, late = await asyncio.wait(tasks, timeout=GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            await self.database.write(dispatching.let_go, self.worker)
        except Unavailable as error:
            log.warning("%s What this process had claimed is taken again when its lease ends.", error.message)

    async def replay(self) -> None:
        """Stores what was spooled while the database was down. Raises Unavailable while it still is."""
        kept = await asyncio.to_thread(self._spool.kept)
        for path, outcome in kept:
            try:
                counted = await self.database.submit(self._settle, outcome)
            except Unavailable:
                raise
            except Exception:
                log.exception("the spooled outcome %s cannot be stored and is set aside", path.name)
                await asyncio.to_thread(self._spool.set_aside, path)
                continue
            log.info("a spooled outcome was stored", extra={"message_id": outcome.message, "counted": counted})
            await asyncio.to_thread(self._spool.forget, path)

    async def settle(self, outcome: Outcome) -> None:
        """Stores what came of a send; in the spool when the database does not take it."""
        try:
            await self.database.submit(self._settle, outcome)
        except Unavailable as error:
            log.warning("%s What was sent is kept on disk.", error.message)
            await asyncio.to_thread(self._spool.keep, outcome)
        except Exception:
            log.exception("what came of message %s could not be stored; it is kept on disk", outcome.message)
            await asyncio.to_thread(self._spool.keep, outcome)

    def status_url(self, channel: str, message: int, attempt: int) -> str:
        """Returns where the provider reports what became of an attempt; empty where the channel takes no reports."""
        adapter = self.channels.get(channel)
        if not isinstance(adapter, Receives) or STATUS_HOOK not in adapter.hooks:
            return ""
        base = self._address_of(channel).rstrip("/")
        return f"{base}/hooks/{channel}/{STATUS_HOOK}?m={message}&a={attempt}"

    async def _pull(self, channel: str) -> int:
        free = BATCH - len(self._on_their_way[channel])
        if free <= 0:
            return 0
        messages = await self.database.write(self._claim, (channel, free))
        if not messages:
            return 0
        materials = await self.database.read(gather, messages)
        for message in messages:
            prepared = prepare(message, materials, self.house, self.rulebook)
            task = asyncio.create_task(self._send(channel, prepared), name=f"send {channel} {prepared.id}")
            self._on_their_way[channel].add(task)
            task.add_done_callback(self._on_their_way[channel].discard)
            task.add_done_callback(_tell_of_a_fault)
        return len(messages)

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

    async def _send(self, channel: str, prepared: Prepared) -> None:
        async with self._places[channel]:
            if prepared.message["content"].get("attachments"):
                prepared = await asyncio.to_thread(with_files, prepared, self._blobs)
            try:
                go = await self.database.submit(self._submit, prepared)
            except Unavailable as error:
                log.warning("%s Message %s stays claimed and is taken again.", error.message, prepared.id)
                return
            if go is not None:
                await self._hand_over(channel, prepared, go)

    async def _hand_over(self, channel: str, prepared: Prepared, go: Go) -> None:
        url = self.status_url(channel, prepared.id, go.attempt)
        message = outgoing(prepared, go.attempt, self.clock(), self.house, url)
        try:
            receipt = await self.channels[channel].send(message, go.deadline)
            outcome = outcomes.of_receipt(prepared.id, go.attempt, receipt, self.clock())
        except HubError as error:
            outcome = outcomes.of_error(prepared.id, go.attempt, error, self.clock())
        except asyncio.CancelledError:
            stopped = Unknown("The hub was stopped while this message was on its way.", phase="stopped")
            await self.settle(outcomes.of_error(prepared.id, go.attempt, stopped, self.clock()))
            raise
        except Exception as error:
            log.exception("channel %s failed on message %s", channel, prepared.id)
            fault = Unknown(f"The channel failed: {type(error).__name__}: {error}", phase="adapter")
            outcome = outcomes.of_error(prepared.id, go.attempt, fault, self.clock())
        await self.settle(outcome)

    def _is_behind(self, conn: Connection) -> bool:
        """Whether the settings were changed: what goes out then is for the process that has taken them up."""
        return settings_epoch(conn) != self._epoch

    def _submit(self, conn: Connection, items: Sequence[Prepared]) -> list[Go | None]:
        if self._is_behind(conn):
            return [None] * len(items)
        return submit(conn, items, self.clock(), self.worker, self.house, self.rulebook)

    def _settle(self, conn: Connection, found: Sequence[Outcome]) -> list[bool]:
        return outcomes.settle(conn, found, self._consent_key)


def _tell_of_a_fault(task: asyncio.Task[None]) -> None:
    """Logs what nobody awaits; the message itself is taken up again when its lease ends."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)
