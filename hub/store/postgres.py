"""PostgreSQL: works run through asyncpg in transactions, merged as on SQLite; any number of hub processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.store.sqlite import LARGEST_BATCH, unavailable

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")

# A caller is told within 2 s that the database is down, rather than kept waiting (inbound.md).
CONNECT_SECONDS = 2
RUNNERS = 2
# serialization_failure, deadlock_detected: PostgreSQL asks to run the transaction again.
_RUN_AGAIN = {"40001", "40P01"}
_ATTEMPTS = 5


class PostgresDatabase:
    """Any number of processes on any number of hosts; constraints decide races, not checks."""

    engine = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=8,
            max_overflow=4,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=False,
            connect_args={"timeout": CONNECT_SECONDS, "server_settings": {"application_name": "hub"}},
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
        )
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
        started = time.perf_counter()
        result = await self._transaction(work, arg)
        if bulk:
            await asyncio.sleep(time.perf_counter() - started)
        return result

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        try:
            async with self._engine.connect() as conn:
                result = await conn.run_sync(work, arg)
                await conn.rollback()
                return result
        except _DOWN as error:
            raise unavailable(error) from error

    async def submit(self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(work, []).append((item, answer))
        if self._runners.get(work, 0) < RUNNERS:
            self._runners[work] = self._runners.get(work, 0) + 1
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

    async def _run_batch(
        self, work: Callable[[Connection, Sequence[Any]], Sequence[Any]], batch: list[tuple[Any, asyncio.Future[Any]]]
    ) -> None:
        try:
            results = await self._transaction(work, [item for item, _ in batch])
        except BaseException as error:  # noqa: BLE001  # every waiting caller is told, whatever it was
            if len(batch) > 1:
                for member in batch:
                    await self._run_batch(work, [member])
                return
            answer = batch[0][1]
            if not answer.done():
                answer.set_exception(error)
            return
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)

    async def _transaction(self, work: Callable[[Connection, A], R], arg: A) -> R:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._engine.begin() as conn:
                    return await conn.run_sync(work, arg)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in _RUN_AGAIN and attempt < _ATTEMPTS:
                    await asyncio.sleep(0.01 * attempt)
                    continue
                if isinstance(error, _DOWN) or error.connection_invalidated:
                    raise unavailable(error) from error
                raise
            except _DOWN as error:
                raise unavailable(error) from error
        raise AssertionError("unreachable: the last attempt returns or raises")


_DOWN = (OperationalError, InterfaceError, PoolTimeout, OSError, TimeoutError)
