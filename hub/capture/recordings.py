"""Recordings of calls that were kept long enough: removed here and at the provider, by jobs until it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from channels.base import Records
from hub.model.contact import Medium
from hub.model.errors import Unavailable
from hub.store import blobs, interactions
from hub.store.errands import Errands
from hub.store.ids import interaction_id
from hub.store.jobs import Job, enqueue, finish
from hub.store.session import Database
from hub.store.tables import AttachmentRow, InteractionRow

KIND = "remove_recording"
EVERY = timedelta(minutes=10)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class RecordingKeeper:
    """Keeps recordings for so many days, 0 for ever."""

    database: Database
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]
    days: int

    async def run_once(self) -> int:
        """Removes what is old enough, a page at a time; returns how many recordings and jobs."""
        removed = 0
        if self.days:
            removed = await self.database.write(self._remove, self.clock() - timedelta(days=self.days))
        errands = Errands(database=self.database, kind=KIND, worker=self.worker, clock=self.clock, do=self._at_provider)
        return removed + await errands.run_once()

    def _remove(self, conn: Connection, before: datetime) -> int:
        now = self.clock()
        rows = conn.execute(
            select(AttachmentRow.id, AttachmentRow.interaction_id, AttachmentRow.position, AttachmentRow.sha256,
                   AttachmentRow.url, InteractionRow.channel)
            .join(InteractionRow, InteractionRow.id == AttachmentRow.interaction_id)
            .where(
                InteractionRow.medium == Medium.CALL.value,
                InteractionRow.id < interaction_id(before) >> 20 << 20,
                AttachmentRow.state.in_(("stored", "waiting")),
            )
            .order_by(AttachmentRow.interaction_id, AttachmentRow.position)
            .limit(_PAGE)
        ).all()  # fmt: skip
        if not rows:
            return 0
        gone = [row.id for row in rows]
        conn.execute(update(AttachmentRow).where(AttachmentRow.id.in_(gone)).values(state="removed", sha256=None))
        blobs.release(conn, [row.sha256 for row in rows if row.sha256])
        interactions.learn(
            conn,
            [
                {
                    "interaction_id": row.interaction_id,
                    "channel": row.channel,
                    "key": f"removed:{row.interaction_id}:{row.position}",
                    "kind": "call.recording_removed",
                    "data": {"after_days": self.days},
                    "at": now,
                }
                for row in rows
            ],
        )
        there = [(f"{row.interaction_id}:{row.position}", row) for row in rows if row.url]
        enqueue(conn, KIND, [(key, {"channel": row.channel, "url": row.url}) for key, row in there], now)
        return len(rows)

    async def _at_provider(self, job: Job) -> None:
        channel = self.channels.get(job.payload["channel"])
        if not isinstance(channel, Records):
            raise Unavailable(f"The channel {job.payload['channel']} is not open.")
        await channel.remove_recording(job.payload["url"])
        await self.database.write(finish, job.id)
