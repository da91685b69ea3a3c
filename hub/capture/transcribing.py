"""Transcribing: recordings of calls that are here are written down by jobs, and retried until they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from channels.base import Transcribed, Transcribes
from hub.model.clean import clean_text
from hub.model.contact import Medium
from hub.model.errors import Rejected
from hub.model.event import CallStep
from hub.store import interactions
from hub.store.blobs import Blobs
from hub.store.errands import Errands
from hub.store.jobs import Job, enqueue, finish
from hub.store.session import Database
from hub.store.tables import AttachmentRow, CustomerRow, IdentityRow, InteractionRow

KIND = "transcribe"
EVERY = timedelta(seconds=2)
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Transcriber:
    """Runs the `transcribe` jobs: {interaction, position, channel, by}."""

    database: Database
    blobs: Blobs
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]

    async def work(self) -> int:
        """Has written down what is due; returns how many jobs were tried."""
        if not any(isinstance(channel, Transcribes) for channel in self.channels.values()):
            return 0
        return await Errands(
            database=self.database,
            kind=KIND,
            worker=self.worker,
            clock=self.clock,
            do=self._transcribe,
            at_once=_AT_ONCE,
        ).run_once()

    async def _transcribe(self, job: Job) -> None:
        by = self.channels.get(job.payload["by"])
        if not isinstance(by, Transcribes):
            raise Rejected(f"There is no {job.payload['by']} that writes recordings down.")
        found = await self.database.read(_recording, job)
        if found is None:
            raise Rejected("The recording is not here any more.")
        content = await asyncio.to_thread(self.blobs.read, found["sha256"])
        text = await by.transcribe(content, found["content_type"], found["language"])
        await self.database.write(self._store, (job, clean_text(text)))

    def _store(self, conn: Connection, done: tuple[Job, str]) -> None:
        job, text = done
        learnt = {
            "interaction_id": int(job.payload["interaction"]),
            "channel": job.payload["channel"],
            "key": f"transcript:{job.payload['interaction']}:{job.payload['position']}",
            "kind": f"call.{CallStep.TRANSCRIPT.value}",
            "data": {"text": text, "by": job.payload["by"]},
            "at": self.clock(),
        }
        if text:
            interactions.learn(conn, [learnt])
        finish(conn, job.id)


def ask(conn: Connection, channel: object, fetched: Mapping[str, Any], now: datetime) -> None:
    """Asks for a recording to be written down that was just fetched, where its channel has that done by another.

    `fetched`: the interaction, the position and the channel of the file.
    """
    if not isinstance(channel, Transcribed) or not channel.transcribed_by:
        return
    interaction = int(fetched["interaction"])
    medium = conn.scalar(select(InteractionRow.medium).where(InteractionRow.id == interaction))
    if medium == Medium.CALL:
        named = {name: fetched[name] for name in ("interaction", "position", "channel")}
        key = f"{interaction}:{fetched['position']}"
        enqueue(conn, KIND, [(key, {**named, "by": channel.transcribed_by})], now)


def _recording(conn: Connection, job: Job) -> dict[str, Any] | None:
    """Returns the stored bytes of a recording, and the language of whose call it is, empty where it is not known."""
    row = conn.execute(
        select(AttachmentRow.sha256, AttachmentRow.content_type, CustomerRow.language)
        .join(InteractionRow, InteractionRow.id == AttachmentRow.interaction_id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .outerjoin(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(
            AttachmentRow.interaction_id == int(job.payload["interaction"]),
            AttachmentRow.position == job.payload["position"],
            AttachmentRow.state == "stored",
        )
    ).one_or_none()
    return {**row._mapping, "language": row.language or ""} if row is not None else None
