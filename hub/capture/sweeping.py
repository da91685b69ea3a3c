"""Sweeping: bytes that nothing points at are removed, a shard at a time, long after anything could be about to.

Words of the erased leave the index of the history the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.store import blobs
from hub.store.blobs import Blobs
from hub.store.erasing.overwriting import forget_some_words
from hub.store.session import Database

# A capture stores bytes first and commits soon after; a day is far beyond any that is still under way.
AGE = timedelta(hours=24)
EVERY = timedelta(minutes=5)


@dataclass(slots=True)
class Sweeper:
    """Sweeps one of 256 shards a run: the whole store in about a day."""

    database: Database
    blobs: Blobs
    clock: Callable[[], datetime]
    shard: int = 0

    async def run_once(self) -> int:
        """Returns how many files were removed."""
        old = self.clock() - AGE
        await self.database.write(blobs.forget_unreferenced, old)
        while await self.database.write(forget_some_words, None, bulk=True):
            pass
        loop = asyncio.get_running_loop()

        def known(hashes: Sequence[str]) -> Collection[str]:
            return asyncio.run_coroutine_threadsafe(self.database.read(blobs.known, hashes), loop).result()

        removed = await asyncio.to_thread(self.blobs.sweep, self.shard, known, old.timestamp())
        self.shard = (self.shard + 1) % 256
        return removed
