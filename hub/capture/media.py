"""Media: files that a provider keeps for us are fetched into blobs by jobs, and retried until they are here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from channels.base import Fetches
from hub.capture import transcribing
from hub.model.errors import Rejected
from hub.store import blobs
from hub.store.blobs import Blobs
from hub.store.errands import Errands
from hub.store.jobs import Job, finish
from hub.store.session import Database
from hub.store.tables import AttachmentRow

# Twilio's largest recording is far below; a mail attachment never comes this way.
_LARGEST = 100 * 1024 * 1024
KIND = "fetch_media"


@dataclass(frozen=True, slots=True)
class MediaFetcher:
    """Runs the `fetch_media` jobs: {interaction, position, channel, url}."""

    database: Database
    blobs: Blobs
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]

    async def work(self) -> int:
        """Fetches what is due; returns how many jobs were tried."""
        return await Errands(
            database=self.database,
            kind=KIND,
            worker=self.worker,
            clock=self.clock,
            do=self._fetch,
            given_up=lambda conn, job: _change(conn, job, state="gone"),
        ).run_once()

    async def _fetch(self, job: Job) -> None:
        channel = self.channels.get(job.payload["channel"])
        if not isinstance(channel, Fetches):
            raise Rejected(f"The channel {job.payload['channel']} that could fetch this is gone.")
        content = bytearray()
        async for chunk in channel.fetch(job.payload["url"]):
            content += chunk
            if len(content) > _LARGEST:
                raise Rejected(f"The file is larger than {_LARGEST // 1024 // 1024} MB.")
        sha256 = await asyncio.to_thread(self.blobs.put, bytes(content))
        await self.database.write(self._store, (job, sha256, len(content)))

    def _store(self, conn: Connection, done: tuple[Job, str, int]) -> None:
        job, sha256, size = done
        blobs.refer(conn, [(sha256, size)], self.clock())
        _change(conn, job, state="stored", sha256=sha256, size=size)
        transcribing.ask(conn, self.channels.get(job.payload["channel"]), job.payload, self.clock())
        finish(conn, job.id)


def _change(conn: Connection, job: Job, **values: Any) -> None:
    conn.execute(
        update(AttachmentRow)
        .where(
            AttachmentRow.interaction_id == int(job.payload["interaction"]),
            AttachmentRow.position == job.payload["position"],
        )
        .values(**values)
    )
