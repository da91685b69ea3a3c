"""Errands: jobs of one kind that ask somebody outside, several at once, each until it is done or never can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.model.errors import HubError, Refused, Rejected
from hub.store import jobs
from hub.store.jobs import Job
from hub.store.session import Database


def _nothing(_conn: Connection, _job: Job) -> None:
    """Leaves everything else as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """Runs the jobs of a kind; `do` does one and finishes it in the transaction that keeps its result.

    What `do` raises is kept with the job. Refused and Rejected end it, as its last attempt does: then `given_up` notes
    so in the same transaction. All else puts it back with a growing wait.
    """

    database: Database
    kind: str
    worker: str
    clock: Callable[[], datetime]
    do: Callable[[Job], Awaitable[object]]
    given_up: Callable[[Connection, Job], None] = _nothing
    at_once: int = 4

    async def run_once(self) -> int:
        """Does what is due; returns how many jobs were tried. It reads first: mostly there is nothing to claim."""
        now = self.clock()
        if not await self.database.read(jobs.any_due, (self.kind, now)):
            return 0
        due = await self.database.write(
            lambda conn, _: jobs.claim(conn, self.kind, self.worker, now, self.at_once), None
        )
        await asyncio.gather(*[self._try(job) for job in due])
        return len(due)

    async def _try(self, job: Job) -> None:
        try:
            await self.do(job)
        except (Refused, Rejected) as error:
            await self.database.write(self._fail, (job, error.message, True))
        except Exception as error:  # noqa: BLE001  # kept with the job, which is tried again
            message = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
            await self.database.write(self._fail, (job, message, jobs.is_last(job)))

    def _fail(self, conn: Connection, failed: tuple[Job, str, bool]) -> None:
        job, message, final = failed
        if final:
            self.given_up(conn, job)
        jobs.fail(conn, job, message, self.clock(), final=final)
