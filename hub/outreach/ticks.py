"""Ticks: repeated jobs, each run once for all processes when it is due; rows say when each ran and how it ended.

What repeats every few seconds and mostly finds nothing costs no commit of its own: on SQLite, where this is the only
process, its row is told now and then; on PostgreSQL its claim waits for no disk (hub.store.leases).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.model.errors import HubError
from hub.store import leases
from hub.store.session import Database

log = logging.getLogger(__name__)

# A row may say so much later that a job ended well; that it began or ceased to fail it says at once.
TOLD_EVERY = timedelta(seconds=30)
# So old a look at the rows is believed: what it says is due is claimed by compare-and-set, what is not waits this long.
_LOOKED_AT_WITHIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    work: Callable[[], Awaitable[int]]


class Ticks:
    """Runs the repeated jobs of one process."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._next: dict[str, datetime] = {}
        self._told: dict[str, tuple[str, datetime]] = {}
        self._look: asyncio.Task[dict[str, leases.Tick]] | None = None
        self._looked_at = 0.0

    async def tick(self, job: Job) -> None:
        """Runs a job if it is due and no other process has taken it; keeps when it ran and how it ended."""
        try:
            if self._database.engine == "sqlite" and job.every < TOLD_EVERY:
                await self._tick_here(job)
            else:
                await self._tick_for_all(job)
        except HubError as error:
            log.warning("%s: %s", job.name, error.message)
        except Exception:
            log.exception("%s could not be run and is tried again", job.name)

    async def _tick_here(self, job: Job) -> None:
        now = self._clock()
        if now < self._next.get(job.name, now):
            return
        self._next[job.name] = now + job.every
        failure, ended = await _failure_of(job), self._clock()
        if (told := self._told.get(job.name)) is None or told[0] != failure or ended - told[1] >= TOLD_EVERY:
            until = job.every + TOLD_EVERY
            await self._database.write(lambda conn, said: leases.note_run(conn, job.name, ended, until, said), failure)
            self._told[job.name] = failure, ended

    async def _tick_for_all(self, job: Job) -> None:
        now = self._clock()
        row = (await self._rows()).get(job.name)
        if row is not None and row.next_run_at > now:
            return
        self._look = None
        if not await self._database.write(lambda conn, _: leases.claim_tick(conn, job.name, now, job.every), None):
            return
        failure, ended = await _failure_of(job), self._clock()
        well_at = row.last_ok_at if row is not None else None
        is_old = not failure and (well_at is None or ended - well_at >= TOLD_EVERY)
        if is_old or row is None or failure != row.last_error:
            await self._database.write(lambda conn, said: leases.finish_tick(conn, job.name, ended, said), failure)

    async def _rows(self) -> Mapping[str, leases.Tick]:
        """Returns the rows of all jobs: the ticker asks for them all at once, and one look serves them."""
        now = asyncio.get_running_loop().time()
        if self._look is None or now - self._looked_at >= _LOOKED_AT_WITHIN_SECONDS:
            self._looked_at, self._look = now, asyncio.create_task(self._read_rows(), name="ticks")
        return await asyncio.shield(self._look)

    async def _read_rows(self) -> dict[str, leases.Tick]:
        return await self._database.read(leases.ticks_by_name, None)


async def _failure_of(job: Job) -> str:
    """Runs a job; returns what it failed of, in words, or nothing."""
    try:
        await job.work()
    except HubError as error:
        log.warning("%s: %s", job.name, error.message)
        return error.message
    except Exception as error:
        log.exception("%s failed and is tried again", job.name)
        return f"{type(error).__name__}: {error}"
    return ""
