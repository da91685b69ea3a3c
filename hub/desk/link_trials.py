"""Link trials: the links of a template followed one by one, beside everything else, each with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.desk.mail_servers.outside import Outside
from hub.desk.mail_servers.trying import Tried, try_links
from hub.store import jobs, link_checks
from hub.store.errands import Errands
from hub.store.jobs import Job
from hub.store.session import Database

EVERY = timedelta(seconds=1)
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class LinkTrials:
    """Runs the `link_trial` jobs: {check, url}."""

    database: Database
    outside: Outside
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Tries what is due; returns how many links were tried."""
        return await Errands(
            database=self.database,
            kind=link_checks.KIND,
            worker=self.worker,
            clock=self.clock,
            do=self._try,
            given_up=self._given_up,
            at_once=_AT_ONCE,
        ).run_once()

    async def _try(self, job: Job) -> None:
        [tried] = await try_links([str(job.payload["url"])], self.outside)
        await self.database.write(self._keep, (job, tried))

    def _keep(self, conn: Connection, done: tuple[Job, Tried]) -> None:
        job, tried = done
        link_checks.settle(conn, int(job.payload["check"]), tried.as_json(), self.clock())
        jobs.finish(conn, job.id)

    def _given_up(self, conn: Connection, job: Job) -> None:
        never = Tried(str(job.payload["url"]), good=False, said="it could not be tried")
        link_checks.settle(conn, int(job.payload["check"]), never.as_json(), self.clock())
