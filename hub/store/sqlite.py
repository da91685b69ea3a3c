"""SQLite: one writer on the plain driver, group commit, read-only connections beside it.

Works run in the writer's thread. Batches of light items run on the event loop, and only their commit in the thread:
two threads that take the GIL from each other at every row cost a fifth of the texts a second (measured).
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, RootTransaction, make_url
from sqlalchemy.exc import DBAPIError

from hub.model.errors import Unavailable
from hub.store.checkpoints import Checkpoints
from hub.store.sqlite_engine import READERS, sqlite_engine
from hub.store.waiting import LARGEST_BATCH, REST, Waiting, call, grouped, unavailable

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")

# What the event loop runs in one go, about 10 ms: longer, and pages would wait for it.
LIGHT_BATCH = 64
# Results that concern the database, not one statement: every item of a batch meets them (sqlite.org/rescode.html).
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM}
_BROKEN = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


class SqliteDatabase:
    """One file, WAL, synchronous=FULL; one hub process."""

    engine = "sqlite"

    def __init__(self, url: str, patience_seconds: float, *, lasting: bool = True) -> None:
        self.url = url
        self._patience_seconds = patience_seconds
        self._handed_in = 0
        self._waiting: deque[Waiting] = deque()
        self._light: deque[Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._together, self._changed = False, 0
        self._writer = sqlite_engine(url, begin="BEGIN IMMEDIATE", patience_seconds=patience_seconds, lasting=lasting)
        self._connected = False
        self._readers = sqlite_engine(url, begin="BEGIN", read_only=True, patience_seconds=patience_seconds)
        self._file = make_url(url).database if lasting else None
        self._checkpoints: Checkpoints | None = None
        self._write_thread: ThreadPoolExecutor | None = None
        self._read_threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="hub-read")
        self._checkpoints = Checkpoints(Path(self._file)) if self._file else None
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="hub-write")

    async def close(self) -> None:
        writer, self._write_thread = self._write_thread, None  # from here on nothing is handed in
        readers, self._read_threads = self._read_threads, None
        if self._writing is not None:
            await self._writing
        for threads in (writer, readers):
            if threads is not None:
                await asyncio.to_thread(threads.shutdown)
        self._readers.dispose()
        self._forget_connection()
        if self._checkpoints is not None:
            await self._checkpoints.close()

    async def write(self, work: Callable[[Connection, A], R], arg: A, *, bulk: bool = False) -> R:
        started, others = time.perf_counter(), self._handed_in + 1
        result: R = await self._hand_in(work, arg, merged=False)
        if bulk and self._handed_in > others:
            await asyncio.sleep((time.perf_counter() - started) * REST)
        return result

    async def submit(
        self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T, *, light: bool = False
    ) -> R:
        result: R = await self._hand_in(work, item, merged=True, light=light)
        return result

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        if self._read_threads is None:
            raise _closed()
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read, work, arg)

    def awaited(self) -> bool:
        return self._together or bool(self._waiting or self._light)

    def _read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        try:
            with self._readers.connect() as conn:
                return work(conn, arg)
        except DBAPIError as error:
            if _code(error) in _PASSING | _BROKEN:
                raise unavailable(error) from error
            raise

    async def _hand_in(
        self, work: Callable[[Connection, Any], Any], arg: Any, *, merged: bool, light: bool = False
    ) -> Any:
        if self._write_thread is None:
            raise _closed()
        loop = asyncio.get_running_loop()
        waiting = Waiting(work, arg, merged, loop.create_future())
        self._handed_in += 1
        (self._light if light else self._waiting).append(waiting)
        if self._writing is None:
            self._writing = loop.create_task(self._write_all(self._write_thread), name="hub-write")
        return await waiting.answer

    async def _write_all(self, thread: ThreadPoolExecutor) -> None:
        """Runs what waits until nothing does, in turn what is light and what is not; tells callers after the commit."""
        loop = asyncio.get_running_loop()
        while self._waiting or self._light:
            if batch := _taken(self._waiting, LARGEST_BATCH):
                await loop.run_in_executor(thread, self._run, batch)
                _tell(batch)
            if self._light:
                # What came in during the last commit is read first and shares the next one: 4 % more texts a second.
                await asyncio.sleep(0)
            if batch := _taken(self._light, min(LIGHT_BATCH, LARGEST_BATCH)):
                if not (self._connected and await self._run_here(batch, thread)):
                    await loop.run_in_executor(thread, self._run, batch)
                _tell(batch)
            if self._checkpoints is not None:
                await self._checkpoints.between_batches(self._changed)
        self._writing = None

    async def _run_here(self, batch: list[Waiting], thread: ThreadPoolExecutor) -> bool:
        """Runs a batch on the event loop and commits in the thread; returns whether it came to an end.

        The loop never waits for a lock: where another process holds it, the thread runs the batch.
        """
        loop, failure = asyncio.get_running_loop(), None
        with self._writer.connect() as conn:
            try:
                transaction = _begin_at_once(conn, self._patience_seconds)
            except DBAPIError:
                return False
            try:
                with transaction:
                    self._run_groups(conn, batch)
                    await loop.run_in_executor(thread, transaction.commit)
            except BaseException as error:  # noqa: BLE001  # every waiting caller is told, whatever it was
                failure = error
        if failure is not None:
            await loop.run_in_executor(thread, self._settle, batch, failure)
        return True

    def _run(self, batch: list[Waiting]) -> None:
        self._together = len(batch) > 1
        try:
            with self._writer.connect() as conn, conn.begin():
                self._run_groups(conn, batch)
            self._connected = True
        except BaseException as error:  # noqa: BLE001  # every waiting caller is told, whatever it was
            self._settle(batch, error)

    def _run_groups(self, conn: Connection, batch: list[Waiting]) -> None:
        groups = grouped(batch)
        for group in groups:
            self._run_group(conn, group, alone=len(groups) == 1)
        driver: Any = conn.connection.dbapi_connection
        self._changed = driver.total_changes
        if not driver.in_transaction:  # SQLite has rolled back by itself (full disk, I/O error)
            raise Unavailable("The database gave up a transaction; nothing was stored.", next_step="Try again.")

    def _settle(self, batch: list[Waiting], error: BaseException) -> None:
        """Gives each item of a failed batch its own end: one that failed alone its error, else each is tried alone."""
        code = _code(error)
        if code in _BROKEN:
            self._forget_connection()  # one opened on a read-only or missing file never gets well by itself
        if code in _PASSING | _BROKEN:
            for waiting in batch:
                waiting.error = unavailable(error)
        elif len(batch) > 1:
            for waiting in batch:
                waiting.error = None
                self._run([waiting])
        else:
            batch[0].error = error

    def _forget_connection(self) -> None:
        self._connected = False
        self._writer.dispose()

    def _run_group(self, conn: Connection, group: list[Waiting], *, alone: bool) -> None:
        """Runs one merged call; a failing group is undone to its savepoint and its members tried one by one."""
        if alone:
            call(conn, group)
            return
        try:
            with conn.begin_nested():
                call(conn, group)
        except Exception as error:
            # A poisoned item is its caller's affair, never its neighbour's; the database's own trouble is everybody's.
            if _code(error) in _PASSING | _BROKEN or not _in_transaction(conn):
                raise
            if len(group) == 1:
                group[0].error = error
                return
            for waiting in group:
                self._run_group(conn, [waiting], alone=False)


def _taken(waiting: deque[Waiting], most: int) -> list[Waiting]:
    return [waiting.popleft() for _ in range(min(most, len(waiting)))]


def _tell(batch: Sequence[Waiting]) -> None:
    for waiting in batch:
        waiting.tell()


def _begin_at_once(conn: Connection, patience_seconds: float) -> RootTransaction:
    """Begins a transaction. Raises OperationalError at once where another process is writing."""
    driver: Any = conn.connection.dbapi_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        return conn.begin()
    finally:
        driver.execute(f"PRAGMA busy_timeout={int(patience_seconds * 1000)}")


def _code(error: BaseException) -> int:
    """Returns SQLite's primary result code, 0 for what is no error of SQLite."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlite_errorcode", 0) & 0xFF


def _in_transaction(conn: Connection) -> bool:
    """Says no when SQLite has rolled back by itself (full disk, I/O error); what follows would commit on its own."""
    driver: Any = conn.connection.dbapi_connection
    return bool(driver.in_transaction)


def _closed() -> Unavailable:
    return Unavailable("The database is closed.", next_step="Start the hub.")
