"""PostgreSQL: works run through asyncpg in transactions, merged as on SQLite; any number of hub processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util.concurrency import greenlet_spawn

from hub.model.errors import Unavailable
from hub.store.waiting import LARGEST_BATCH, REST, unavailable

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")

# No work takes long, so one that does means a server that hangs or a network that swallows.
LONGEST_SECONDS = 30
RUNNERS = 2
# So many wait before another runner begins beside one that works: where one began for each item that came meanwhile, a
# third of the batches were small. With 64 a text took no less of this process, and fewer went through (measured).
MANY_WAIT = 16
# Of a process. None is made above these and closed again: the loops of the background start together, and with 8 kept
# and 4 more at need the server spent more on beginning and ending connections than on the texts (measured).
CONNECTIONS = 12
# Kept prepared by a connection, which serves the texts and the background alike: more than both have.
STATEMENTS = 400
# serialization_failure, deadlock_detected: PostgreSQL asks to run the transaction again.
_RUN_AGAIN = {"40001", "40P01"}
_ATTEMPTS = 5
# SQLSTATEs by which the server, not the statement, is the trouble (PostgreSQL, Appendix A): connection, login, no such
# database, out of disk or connections, shutting down or starting up, I/O, read-only standby.
_TROUBLE = ("08", "28", "3D", "53", "57P0", "58", "25006", *sorted(_RUN_AGAIN))


class PostgresDatabase:
    """Any number of processes on any number of hosts; constraints decide races, not checks."""

    engine = "postgresql"

    def __init__(self, url: str, patience_seconds: float) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_use_lifo=True,  # the one used last has most statements prepared
            pool_timeout=patience_seconds,
            pool_pre_ping=False,
            connect_args={
                "timeout": patience_seconds,
                "server_settings": {"application_name": "hub"},
                "prepared_statement_cache_size": STATEMENTS,
                "statement_cache_size": STATEMENTS,
            },
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
        self._readers = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._handed_in = 0
        self._waiting: dict[Any, list[tuple[Any, asyncio.Future[Any]]]] = {}
        self._runners: dict[Any, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        await self.read(lambda conn, _: conn.exec_driver_sql("SELECT 1").scalar(), None)

    async def close(self) -> None:
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.dispose()

    async def write(self, work: Callable[[Connection, A], R], arg: A, *, bulk: bool = False) -> R:
        self._handed_in += 1
        started, others = time.perf_counter(), self._handed_in
        result = await self._transaction(work, arg)
        if bulk and self._handed_in > others:
            await asyncio.sleep((time.perf_counter() - started) * REST)
        return result

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await greenlet_spawn(self._read, work, arg)
        except Exception as error:
            if _is_trouble(error):
                raise unavailable(error) from error
            raise

    def _run_in_one(self, work: Callable[[Connection, A], R], arg: A) -> R:
        with self._engine.sync_engine.begin() as conn:
            return work(conn, arg)

    def _read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        with self._readers.sync_engine.connect() as conn:
            return work(conn, arg)

    def awaited(self) -> bool:
        return True

    async def submit(
        self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T, *, light: bool = False
    ) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._handed_in += 1
        waiting, runners = self._waiting.setdefault(work, []), self._runners.get(work, 0)
        waiting.append((item, answer))
        if not runners or (runners < RUNNERS and len(waiting) >= MANY_WAIT):
            self._runners[work] = runners + 1
            task = asyncio.create_task(self._run(work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _run(self, work: Callable[[Connection, Sequence[Any]], Sequence[Any]]) -> None:
        try:
            while waiting := self._waiting.get(work):
                batch, self._waiting[work] = waiting[:LARGEST_BATCH], waiting[LARGEST_BATCH:]
                await self._run_batch(work, batch)
        finally:
            self._runners[work] -= 1
            if not self._runners[work]:
                del self._runners[work]
                self._waiting.pop(work, None)

    async def _run_batch(
        self, work: Callable[[Connection, Sequence[Any]], Sequence[Any]], batch: list[tuple[Any, asyncio.Future[Any]]]
    ) -> None:
        try:
            results = await self._transaction(work, [item for item, _ in batch])
        except BaseException as error:  # noqa: BLE001  # every waiting caller is told, whatever it was
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for member in batch:
                    await self._run_batch(work, [member])
                return
            for _, answer in batch:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)

    async def _transaction(self, work: Callable[[Connection, A], R], arg: A) -> R:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    return await greenlet_spawn(self._run_in_one, work, arg)
            except Exception as error:
                if _state(error) in _RUN_AGAIN and attempt < _ATTEMPTS:
                    await asyncio.sleep(0.01 * attempt)
                elif _is_trouble(error):
                    raise unavailable(error) from error
                else:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")


def _state(error: BaseException) -> str:
    """Returns the SQLSTATE of what PostgreSQL refused, or nothing."""
    return getattr(error.orig, "sqlstate", None) or "" if isinstance(error, DBAPIError) else ""


def _is_trouble(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        down = error.connection_invalidated or isinstance(error, OperationalError)
        return down or _state(error).startswith(_TROUBLE)
    return isinstance(error, PoolTimeout | OSError)
