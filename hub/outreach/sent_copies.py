"""Sent copies: an answer that was accepted is put among what its mailbox has sent, for mail programs to show it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from channels.base import Composes, Files
from hub.config import Settings
from hub.model.errors import Refused
from hub.model.outbound import FINAL, State
from hub.outreach.enclosing import with_files
from hub.outreach.house import House
from hub.outreach.prepare import gather, outgoing, prepare
from hub.outreach.quiet_hours import rulebook_of
from hub.store import dispatching, jobs
from hub.store.blobs import Blobs
from hub.store.errands import Errands
from hub.store.jobs import Job
from hub.store.keys import Keys
from hub.store.session import Database
from hub.store.tables import JobRow

log = logging.getLogger(__name__)

KIND = "sent_copy"
EVERY = timedelta(seconds=2)
# What is still on its way is asked for again: an answer may be held, or its channel paused for days.
_ASK_AGAIN = timedelta(seconds=2)
_ASK_LATER = timedelta(minutes=10)
_LONG = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class SentCopies:
    """Runs the `sent_copy` jobs: {message, mailbox}. The copy has the bytes of the mail but for the time it names."""

    database: Database
    blobs: Blobs
    channels: Mapping[str, object]
    settings: Settings
    keys: Keys
    public_url: str
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Files what is due; returns how many jobs were tried."""
        return await Errands(
            database=self.database, kind=KIND, worker=self.worker, clock=self.clock, do=self._file
        ).run_once()

    async def _file(self, job: Job) -> None:
        rows = await self.database.read(dispatching.by_ids, [int(job.payload["message"])])
        row = rows[0] if rows else None
        if row is not None and row["state"] not in FINAL:
            await self.database.write(self._postpone, (job, row))
            return
        if row is not None and row["state"] == State.ACCEPTED:
            stored = await self._mailbox(job).file(await self._mail(row), "")
            log.info("a copy of answer %s %s", row["id"], "is kept" if stored else "was there already")
        await self.database.write(jobs.finish, job.id)

    def _mailbox(self, job: Job) -> Files:
        mailbox = self.channels.get(job.payload["mailbox"])
        if not isinstance(mailbox, Files):
            raise Refused(f"The mailbox {job.payload['mailbox']} that would keep the copy is gone, or keeps none.")
        return mailbox

    async def _mail(self, row: Mapping[str, Any]) -> bytes:
        sender = self.channels.get(row["channel"])
        if not isinstance(sender, Composes):
            raise Refused(f"The channel {row['channel']} cannot write the mail once more.")
        house = House.of(self.settings, self.channels, self.public_url, self.keys)
        materials = await self.database.read(gather, [row])
        prepared = prepare(row, materials, house, rulebook_of(self.settings))
        prepared = await asyncio.to_thread(with_files, prepared, self.blobs)
        if prepared.failure:
            raise Refused(prepared.failure)
        sent_at = row["sent_at"] or self.clock()
        return await asyncio.to_thread(sender.compose, outgoing(prepared, row["attempt"], sent_at, house, ""), sent_at)

    def _postpone(self, conn: Connection, waiting: tuple[Job, Mapping[str, Any]]) -> None:
        job, row = waiting
        now = self.clock()
        wait = _ASK_AGAIN if now - row["due_at"] < _LONG else _ASK_LATER
        conn.execute(
            update(JobRow)
            .where(JobRow.id == job.id)
            .values(state="waiting", run_at=now + wait, attempts=job.attempts - 1, lease_until=None)
        )
