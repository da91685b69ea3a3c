"""Polling: each mailbox is read by one process at a time, page by page, and starts again with backoff."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from channels.base import Cursor, Holds, Parses, Polls, Raw
from hub.capture.intake import Intake
from hub.capture.page import prepare_page, put_off
from hub.capture.where import go_on
from hub.model.errors import ConfigurationError, HubError, Unavailable
from hub.model.problem import Problem, Severity
from hub.store import health, leases, mailboxes
from hub.store.leases import Lease, LeaseLost

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
_RENEW_SECONDS = 5
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0
_WAITS_FOR_LEASE = 5.0
# A page is one wait for the disk and one move of the cursor; its bytes are in memory meanwhile.
_PAGE = 200
_PAGE_BYTES = 8 * 1024 * 1024
_SMALL_PAGE_BYTES = _PAGE_BYTES // 2
# A reading of more than this shows how far it is; each step of it is one more row in the page's commit.
_LONG = 1_000


class Mailbox(Polls, Parses, Protocol):
    """A channel that is polled and whose payloads are parsed."""

    name: str


@dataclass(frozen=True, slots=True)
class Poller:
    """Reads one mailbox of one channel for as long as the hub runs."""

    intake: Intake
    channel: Mailbox
    mailbox: str
    worker: str
    clock: Callable[[], datetime]

    async def run(self) -> None:
        """Polls for ever: waits for the lease, reads, and after any failure waits 5 s to 5 min with jitter."""
        wait = _FIRST_WAIT
        while True:
            lease = await self._lease()
            if lease is None:
                await asyncio.sleep(_WAITS_FOR_LEASE)
                continue
            started = self.clock()
            try:
                await self._read(lease)
            except LeaseLost as lost:
                log.warning("%s", lost.message)
            except Exception as error:  # noqa: BLE001  # told on the health page; one mailbox never stops the others
                await self._trouble(error)
            finally:
                await self._give_back(lease)
            if self.clock() - started > timedelta(minutes=1):
                wait = _FIRST_WAIT
            await asyncio.sleep(wait * random.uniform(0.75, 1.25))  # noqa: S311  # jitter, not a secret
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _lease(self) -> Lease | None:
        name = f"poll:{self.channel.name}/{self.mailbox}"
        try:
            return await self.intake.database.write(
                lambda conn, _: leases.take_lease(conn, name, self.worker, self.clock(), LEASE), None
            )
        except Unavailable as error:
            log.warning("%s", error.message)
        except Exception:
            log.exception("The lease on %s could not be taken", name)  # a poller never ends by itself
        return None

    async def _give_back(self, lease: Lease) -> None:
        try:
            await self.intake.database.write(lambda conn, _: leases.give_back(conn, lease, self.clock()), None)
        except Exception as error:  # noqa: BLE001  # the lease ends by itself
            log.debug("The lease on %s could not be given back: %s", lease.name, error)

    async def _renew(self, lease: Lease, reading: asyncio.Task[None]) -> None:
        """Keeps the lease; stops the reading when it could not be kept, before another process starts."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            renewed = await self._lease()
            if renewed is None or renewed.epoch != lease.epoch:
                reading.cancel()
                return

    async def _read(self, lease: Lease) -> None:
        reading = asyncio.create_task(self._read_on(lease))
        renewing = asyncio.create_task(self._renew(lease, reading))
        try:
            await asyncio.wait({reading})
            if reading.cancelled():
                raise LeaseLost(f"The lease on {lease.name} could not be renewed.")
            await reading
        finally:
            for task in (reading, renewing):
                task.cancel()
            await asyncio.gather(reading, renewing, return_exceptions=True)

    async def _read_on(self, lease: Lease) -> None:
        after = await self.intake.database.write(
            lambda conn, now: go_on(conn, self.channel, self.channel.name, self.mailbox, now), self.clock()
        )
        taking: list[asyncio.Task[None]] = []
        try:
            async for page in self._pages(after):
                if page is None:
                    await _done(taking, at_most=0)
                    await self._caught_up()
                    continue
                # One page is fetched while those before are parsed and one before them is committed; not so where a
                # page is a single large mail.
                size = sum(len(raw.content) for raw in page)
                await _done(taking, at_most=2 if size <= _SMALL_PAGE_BYTES else 1 if size <= _PAGE_BYTES else 0)
                taking.append(asyncio.create_task(self._take(page, lease, taking[-1] if taking else None)))
                page = None  # its bytes are the task's, who lets them go when they are stored
        except Exception:
            await asyncio.gather(*taking, return_exceptions=True)  # what was fetched is taken in all the same
            raise
        finally:
            for task in taking:
                task.cancel()
            await asyncio.gather(*taking, return_exceptions=True)

    async def _pages(self, after: Cursor | None) -> AsyncGenerator[list[Raw] | None]:
        """Yields what the mailbox holds page by page, and None when all of it was read."""
        page: list[Raw] = []
        size = 0
        async for raw in self.channel.poll(self.mailbox, after):
            if raw is not None:
                page.append(raw)
                size += len(raw.content)
            is_end = raw is None
            del raw
            if page and (is_end or len(page) >= _PAGE or size >= _PAGE_BYTES):
                full, page, size = page, [], 0
                yield full
                del full
            if is_end:
                yield None

    async def _take(self, page: list[Raw], lease: Lease, earlier: asyncio.Task[None] | None) -> None:
        """Captures a page after the earlier one, and moves the cursor past it in the same transaction.

        Where a page is captured in parts, the cursor moves when all of it is committed; a kill between reads the page
        again, which the unique keys make harmless.
        """
        passed = partial(self._passed, lease=lease, cursor=page[-1].cursor, read=len(page), ahead=page[-1].ahead)
        page = put_off(self.channel, page)
        prepared = await prepare_page(self.intake.blobs, self.channel.name, self.channel, page, lease)
        del page  # stored: several large ones in a row are not in memory together
        if earlier is not None:
            await asyncio.shield(earlier)
        await self.intake.take_page(prepared, passed)

    def _passed(self, conn: Connection, *, lease: Lease, cursor: Cursor | None, read: int, ahead: int) -> None:
        name, now = self.channel.name, self.clock()
        leases.fence(conn, lease)
        if cursor is not None:
            leases.move_cursor(conn, name, cursor.mailbox, cursor.position, now)
        if read + ahead > _LONG:
            mailboxes.advance(conn, name, self.mailbox, read, ahead)
        health.note_in(conn, name, now)

    async def _caught_up(self) -> None:
        now, name = self.clock(), self.channel.name

        def note(conn: Connection, _: None) -> None:
            health.note_well(conn, name, now)
            if isinstance(self.channel, Holds):
                mailboxes.caught_up(conn, name, self.mailbox, now)

        await self.intake.database.write(note, None)

    async def _trouble(self, error: Exception) -> None:
        if isinstance(error, HubError):
            log.warning("%s: %s", self.channel.name, error.message)
            message, mend = error.message, error.next_step
        else:
            log.error("%s could not be read", self.channel.name, exc_info=error)
            message, mend = f"Reading stopped: {type(error).__name__}: {error}", "The hub tries again by itself."
        severity = Severity.ERROR if isinstance(error, ConfigurationError) else Severity.WARNING
        code = error.code if isinstance(error, HubError) else "failed"
        problem = Problem(code=code, severity=severity, where=self.channel.name, message=message, mend=mend)
        told = getattr(error, "problem", None)
        if isinstance(told, Problem):  # an adapter that knows which step failed says so
            problem = replace(told, severity=severity)
        try:
            await self.intake.database.write(lambda conn, _: health.note_problem(conn, problem, self.clock()), None)
        except Unavailable as unavailable:
            log.warning("%s", unavailable.message)
        except Exception:
            log.exception("The problem of %s could not be noted", self.channel.name)  # reading goes on all the same


async def _done(tasks: list[asyncio.Task[None]], *, at_most: int) -> None:
    """Waits until at most so many are still at work; raises what failed."""
    while len(tasks) > at_most:
        await tasks[0]
        del tasks[0]
