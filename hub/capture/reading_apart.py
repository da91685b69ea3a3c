"""Reading apart: payloads that take long are kept first, unread, and read here one by one, so that no other waits.

Each is in the database before anything parses it; a kill leaves it waiting, and the next start goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from channels.base import Parses
from hub.capture.intake import Intake
from hub.model.errors import HubError, Unavailable, Unreadable
from hub.store import interactions, leases
from hub.store.tables import ArrivalRow, BlobRow

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=0.5)
_NAME = "read apart"
_LEASE = timedelta(minutes=2)
# Two are read at a time, each for 10 s at most; their bytes are in memory meanwhile, so large ones take turns.
_AT_ONCE = 2
_LARGE_BYTES = 8 * 1024 * 1024
_A_TIME = 12


@dataclass(frozen=True, slots=True)
class ApartReader:
    """Reads what waits, in one process at a time."""

    intake: Intake
    channels: Mapping[str, object]
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Returns how many were looked at. Raises Unavailable."""
        waiting = await self.intake.database.read(_waiting, _A_TIME)
        if not waiting:
            return 0
        lease = await self.intake.database.write(
            lambda conn, _: leases.take_lease(conn, _NAME, self.worker, self.clock(), _LEASE), None
        )
        if lease is None:
            return 0
        queue = iter(await self.intake.database.read(_waiting, _A_TIME))
        try:
            turns = asyncio.Lock()
            await asyncio.gather(*[self._work(queue, turns) for _ in range(_AT_ONCE)])
        finally:
            await self.intake.database.write(lambda conn, _: leases.give_back(conn, lease, self.clock()), None)
        return len(waiting)

    async def _work(self, queue: Iterator[tuple[int, str, str, int]], turns: asyncio.Lock) -> None:
        """Reads what nobody else has taken from the queue."""
        for arrival, channel, key, size in queue:
            reader = self.channels.get(channel)
            try:
                if not isinstance(reader, Parses):
                    raise Unreadable(f"The channel {channel}, which could read this, is not open. Try again later.")
                async with turns if size > _LARGE_BYTES else nullcontext():
                    await self.intake.retry(arrival, reader)
            except Unavailable:
                raise
            except Exception as error:
                log.exception("What %s brought as %s could not be read", channel, key)
                why = error.message if isinstance(error, HubError) else f"The reader failed: {type(error).__name__}."
                await self.intake.database.write(_give_up, (channel, key, why))


def _waiting(conn: Connection, limit: int) -> list[tuple[int, str, str, int]]:
    """Returns (arrival, channel, key, bytes) of what waits."""
    rows = (
        select(ArrivalRow.id, ArrivalRow.channel, ArrivalRow.key, BlobRow.size)
        .outerjoin(BlobRow, BlobRow.sha256 == ArrivalRow.raw_blob)
        .where(interactions.NOT_CAPTURED, ArrivalRow.state == "waiting")
        .order_by(ArrivalRow.id)
        .limit(limit)
    )
    return [(row.id, row.channel, row.key, row.size or 0) for row in conn.execute(rows)]


def _give_up(conn: Connection, refused: tuple[str, str, str]) -> None:
    interactions.quarantine(conn, *refused)
