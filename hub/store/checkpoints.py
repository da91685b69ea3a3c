"""Checkpoints of SQLite, beside the writer: what was committed goes from the log into the database's file meanwhile.

SQLite makes a checkpoint within the commit that fills the log: one batch of texts in eight waited for it, and so took
twice as long as the others. Here a thread of its own copies most of it while commits go on. Where the log has grown
long, the writer, between two batches, copies the little that came meanwhile: then the log begins anew, which a thread
alone never lets it do. Everybody waits for the disk then, 10 to 50 ms, so it is done seldom: one text in ten waited
where it was done with every copy.

How long the log is, is learnt from each checkpoint and estimated from the rows changed since: to look into its index
would take SQLite's locks away (sqlite.org/howtocorrupt.html, 2.2). The log itself bears none, and counts how often it
began anew.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

log = logging.getLogger(__name__)

# Pages in the log, an eighth of what makes SQLite do it by itself.
ENOUGH = 2_000
# Pages in the log from which on the writer copies the last of them: half of what makes SQLite do it.
LONG = 8_000
# Where the log's header counts how often the log began anew (sqlite.org/fileformat2.html, 4.1).
_SEQUENCE = slice(12, 16)


class Checkpoints:
    """Of one database file; only its one writer calls them, on its event loop, between two transactions."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._copying: asyncio.Future[int] | None = None
        self._changed = 0
        self._changed_at_last = 0
        self._changed_at_begin = 0
        self._pages_a_change = 1.0
        self._sequence, self._pages = b"", 0

    async def between_batches(self, changed: int) -> None:
        """Begins a checkpoint where the log is long enough, and ends one whose copying is done.

        `changed`: how many rows the writer's connection has changed in all (its `total_changes`).
        """
        if changed < self._changed_at_last:  # the writer has a new connection
            self._changed_at_last = self._changed_at_begin = 0
        self._changed = changed
        loop = asyncio.get_running_loop()
        if self._copying is not None and self._copying.done():
            copied, self._copying = self._copying.result(), None
            self._learn(copied, self._changed_at_begin)
            if self.pages() < ENOUGH and self._pages >= LONG:
                self._learn(await loop.run_in_executor(self._thread, self._copy), changed)
        if self._copying is None and self.pages() >= ENOUGH:
            self._changed_at_begin = changed
            self._copying = loop.run_in_executor(self._thread, self._copy)

    @property
    def is_copying(self) -> bool:
        """Whether one is under way."""
        return self._copying is not None

    def pages(self) -> int:
        """Returns about how many pages came into the log since the last checkpoint."""
        return int((self._changed - self._changed_at_last) * self._pages_a_change)

    async def close(self) -> None:
        """Ends what is under way, and lets go of the file; for when its other connections are closed."""
        self._copying = None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown()

    def _learn(self, pages: int, changed: int) -> None:
        """Takes in how many pages came into the log since the last time, until so many rows were changed."""
        if pages and changed > self._changed_at_last:
            self._pages_a_change = pages / (changed - self._changed_at_last)
        self._changed_at_last = changed

    def _copy(self) -> int:
        """Returns how many pages came into the log since the last time, 0 where nobody can tell."""
        try:
            if self._connection is None:
                # Never made where it is gone: an empty database would stand where the hub's was.
                there = f"{self._file.resolve().as_uri()}?mode=rw"
                self._connection = sqlite3.connect(there, uri=True, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA synchronous=FULL")
            _busy, pages, _copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            with self._file.with_name(f"{self._file.name}-wal").open("rb") as header:
                sequence = header.read(_SEQUENCE.stop)[_SEQUENCE]
        except (sqlite3.Error, OSError) as error:
            # SQLite does it by itself with a later commit, whose caller learns what is wrong with the disk.
            log.info("A checkpoint of the database ended early: %s", error)
            self._let_go()
            return 0
        # A reader that stays keeps the log from beginning anew: what it had before is not new.
        before = self._pages if sequence == self._sequence else 0
        self._sequence, self._pages = sequence, int(pages)
        return max(0, self._pages - before)

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
