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
from hub.model.errors import HubError, Rejected
from hub.store import blobs
from hub.store.blobs import Blobs
from hub.store.jobs import Job, claim, fail, finish, is_last
from hub.store.session import Database
from hub.store.tables import AttachmentRow

# Twilio's largest recording is far below; a mail attachment never comes this way.
_LARGEST = 100 * 1024 * 1024
_AT_ONCE = 4
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
        jobs = await self.database.write(lambda conn, _: claim(conn, KIND, self.worker, self.clock(), _AT_ONCE), None)
        await asyncio.gather(*[self._fetch(job) for job in jobs])
        return len(jobs)

    async def _fetch(self, job: Job) -> None:
        try:
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
        except Rejected as error:
            await self.database.write(self._give_up, (job, error.message))
        except Exception as error:  # noqa: BLE001  # kept with the job, which is tried again
            message = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
            await self.database.write(self._give_up if is_last(job) else self._try_again, (job, message))

    def _store(self, conn: Connection, done: tuple[Job, str, int]) -> None:
        job, sha256, size = done
        blobs.refer(conn, [(sha256, size)], self.clock())
        _change(conn, job, state="stored", sha256=sha256, size=size)
        transcribing.ask(conn, self.channels.get(job.payload["channel"]), job.payload, self.clock())
        finish(conn, job.id)

    def _try_again(self, conn: Connection, failed: tuple[Job, str]) -> None:
        job, message = failed
        fail(conn, job, message, self.clock())

    def _give_up(self, conn: Connection, refused: tuple[Job, str]) -> None:
        job, message = refused
        _change(conn, job, state="gone")
        fail(conn, job, message, self.clock(), final=True)


def _change(conn: Connection, job: Job, **values: Any) -> None:
    conn.execute(
        update(AttachmentRow)
        .where(
            AttachmentRow.interaction_id == int(job.payload["interaction"]),
            AttachmentRow.position == job.payload["position"],
        )
        .values(**values)
    )
