"""SQLite: one writer thread on the plain driver, group commit, read-only connections beside it."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from hub.model.errors import Unavailable

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")

# Measured: more items a transaction brings nothing, and one slow batch delays all that wait.
LARGEST_BATCH = 256
READERS = 4
# A caller is told within about 2 s that another process holds the lock (inbound.md), rather than kept waiting.
BUSY_SECONDS = 2
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


@dataclass(slots=True, eq=False)
class _Waiting:
    work: Callable[[Connection, Any], Any]
    arg: Any
    merged: bool
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        if self.answer.cancelled():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


class SqliteDatabase:
    """One file, WAL, synchronous=FULL; one hub process."""

    engine = "sqlite"

    def __init__(self, url: str) -> None:
        self.url = url
        self._handed_in = 0
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._writer = sqlite_engine(url, begin="BEGIN IMMEDIATE")
        self._readers = sqlite_engine(url, begin="BEGIN", read_only=True)
        self._read_threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="hub-read")
        self._thread = threading.Thread(target=self._write_all, name="hub-write", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        thread, self._thread = self._thread, None  # from here on nothing is handed in that nobody would answer
        readers, self._read_threads = self._read_threads, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join)
        if readers is not None:
            await asyncio.to_thread(readers.shutdown)
        self._readers.dispose()
        self._writer.dispose()

    async def write(self, work: Callable[[Connection, A], R], arg: A, *, bulk: bool = False) -> R:
        started, others = time.perf_counter(), self._handed_in + 1
        result: R = await self._hand_in(work, arg, merged=False)
        if bulk and self._handed_in > others:
            await asyncio.sleep(time.perf_counter() - started)
        return result

    async def submit(self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T) -> R:
        result: R = await self._hand_in(work, item, merged=True)
        return result

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        if self._read_threads is None:
            raise _closed()
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read, work, arg)

    def _read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        try:
            with self._readers.connect() as conn:
                return work(conn, arg)
        except DBAPIError as error:
            if _code(error) in _PASSING | _BROKEN:
                raise unavailable(error) from error
            raise

    async def _hand_in(self, work: Callable[[Connection, Any], Any], arg: Any, *, merged: bool) -> Any:
        if self._thread is None:
            raise _closed()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(work, arg, merged, loop.create_future(), loop)
        self._handed_in += 1
        self._queue.put(waiting)
        return await waiting.answer

    def _write_all(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, stop = [first], False
            while len(batch) < LARGEST_BATCH and not stop:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stop = True
                else:
                    batch.append(following)
            self._run(batch)
            if stop:
                return

    def _run(self, batch: list[_Waiting]) -> None:
        try:
            with self._writer.connect() as conn, conn.begin():
                groups = grouped(batch)
                for group in groups:
                    self._run_group(conn, group, alone=len(groups) == 1)
                if not _in_transaction(conn):
                    raise Unavailable("The database gave up a transaction; nothing was stored.", next_step="Try again.")
        except BaseException as error:  # noqa: BLE001  # every waiting caller is told, whatever it was
            code = _code(error)
            if code in _BROKEN:
                self._writer.dispose()  # a connection opened on a read-only or missing file never gets well by itself
            if code in _PASSING | _BROKEN:
                for waiting in batch:
                    waiting.error = unavailable(error)
            elif len(batch) > 1:
                for waiting in batch:
                    waiting.error = None
                    self._run([waiting])
                return
            else:
                batch[0].error = error
        for waiting in batch:
            waiting.loop.call_soon_threadsafe(waiting.tell)

    def _run_group(self, conn: Connection, group: list[_Waiting], *, alone: bool) -> None:
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


def call(conn: Connection, group: list[_Waiting]) -> None:
    """Runs the work of a group and keeps each member's result."""
    first = group[0]
    if not first.merged:
        first.result = first.work(conn, first.arg)
        return
    results = first.work(conn, [waiting.arg for waiting in group])
    for waiting, result in zip(group, results, strict=True):
        waiting.result = result


def grouped(batch: list[_Waiting]) -> list[list[_Waiting]]:
    """Returns the batch in order of arrival, items of one merged work together."""
    groups: dict[Any, list[_Waiting]] = {}
    for waiting in batch:
        groups.setdefault(waiting.work if waiting.merged else waiting, []).append(waiting)
    return list(groups.values())


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


def unavailable(error: BaseException) -> Unavailable:
    """Returns what to tell a caller whose database failed."""
    cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return Unavailable(
        f"The database cannot be used now: {cause}.",
        next_step="Check the disk and the database server; the hub goes on by itself when they are back.",
    )


def sqlite_engine(url: str, *, begin: str, read_only: bool = False) -> Engine:
    """Returns an engine whose transactions start with `begin`: a deferred BEGIN fails under load when it upgrades."""
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_SECONDS},
        poolclass=QueuePool if read_only else StaticPool,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **({"pool_size": READERS} if read_only else {}),
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "wal_autocheckpoint=4000",  # pages; measured: p99 40 to 55 ms, and the WAL stays small
            "cache_size=-16000",
            "temp_store=MEMORY",
            *(("query_only=ON",) if read_only else ()),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_now(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine
