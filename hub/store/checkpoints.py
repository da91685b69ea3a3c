"""Checkpoints of SQLite, beside the writer: what was committed goes from the log into the database's file meanwhile.

SQLite makes a checkpoint within the commit that fills the log: one batch of texts in eight waited for it, and so took
twice as long as the others. Here a thread of its own copies most of it while commits go on, and the writer, between two
batches, the little that came meanwhile: then the log begins anew, which a thread alone never lets it do.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

log = logging.getLogger(__name__)

# Pages in the log, half of what makes SQLite do it by itself.
ENOUGH = 2_000
# The header of the log's index (sqlite.org/walformat.html, 2.1): how many frames the log has, and how many of them are
# in the database's file already; numbers of 32 bits as this machine writes them.
_FRAMES, _COPIED, _HEADER = 16, 96, 100


class Checkpoints:
    """Of one database file; only its one writer calls them, on its event loop, between two transactions."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._index = file.with_name(f"{file.name}-shm")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._opened: int | None = None
        self._copying: asyncio.Future[None] | None = None

    async def between_batches(self) -> None:
        """Begins a checkpoint where the log is long enough, and ends one whose copying is done."""
        if self._copying is None:
            if self.frames() >= ENOUGH:
                self._copying = asyncio.get_running_loop().run_in_executor(self._thread, self._copy)
        elif self._copying.done():
            self._copying = None
            if self.frames():
                await asyncio.get_running_loop().run_in_executor(self._thread, self._copy)

    def frames(self) -> int:
        """Returns how many pages of the log are not in the database's file yet; 0 where nobody can tell."""
        try:
            if self._opened is None or not os.fstat(self._opened).st_nlink:
                self._close_index()
                self._opened = os.open(self._index, os.O_RDONLY)
            header = os.pread(self._opened, _HEADER, 0)
        except OSError:
            return 0
        if len(header) < _HEADER:
            return 0
        return max(0, _number(header, _FRAMES) - _number(header, _COPIED))

    async def close(self) -> None:
        """Ends what is under way, and lets go of the file; for when its other connections are closed."""
        self._copying = None
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown()
        self._close_index()

    def _close_index(self) -> None:
        """Closes the log's index where SQLite has removed it, and leaves it open where it is in use.

        Closing any descriptor of a file takes away all locks that its process has on it, those of SQLite too
        (sqlite.org/howtocorrupt.html, 2.2): another process would then begin the index anew under a hub that has it
        mapped, which dies of it (SIGBUS), or writes what nobody can read.
        """
        if self._opened is not None and not os.fstat(self._opened).st_nlink:
            os.close(self._opened)
            self._opened = None

    def _copy(self) -> None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            # SQLite does it by itself with a later commit, whose caller learns what is wrong with the disk.
            log.info("A checkpoint of the database ended early: %s", error)
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _number(header: bytes, at: int) -> int:
    return int.from_bytes(header[at : at + 4], sys.byteorder)
