"""Where rows are read from and written to: a snapshot of a living database, a scratch copy, a database made anew.

These run in a process of their own (a command): they block, and on PostgreSQL run an event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from hub.model.errors import ConfigurationError, HubError, Refused
from hub.store.sqlite_engine import sqlite_engine
from hub.store.waiting import PATIENCE_SECONDS, unavailable

R = TypeVar("R")


def on_snapshot(url: str, work: Callable[[Connection], R]) -> R:
    """Runs a work on one read-only snapshot of a database that others write to meanwhile.

    Raises ConfigurationError where there is no SQLite file, and Unavailable.
    """
    try:
        if not url.startswith("sqlite"):
            return asyncio.run(_on_postgres(url, work, read_only=True))
        file = sqlite_file(url)
        if not file.exists():
            raise ConfigurationError(f"There is no database {file}.", next_step="Run: hub init")
        engine = sqlite_engine(url, begin="BEGIN", read_only=True)
        try:
            with engine.connect() as conn:
                return work(conn)
        finally:
            engine.dispose()
    except (DBAPIError, OSError) as error:
        raise _said(error) from error


def in_postgres(url: str, work: Callable[[Connection], R]) -> R:
    """Runs a work in one transaction of a PostgreSQL database. Raises Unavailable."""
    try:
        return asyncio.run(_on_postgres(url, work, read_only=False))
    except (DBAPIError, OSError) as error:
        raise _said(error) from error


@contextmanager
def new_sqlite(file: Path) -> Iterator[Connection]:
    """Lends a new SQLite file in one transaction, quick and without a net: a file that is not finished is removed.

    Afterwards it is on the disk and ready to be renamed. Raises Unavailable.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    forget_sqlite(file)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine = _quick_engine(file)
    try:
        with engine.connect() as conn, conn.begin():
            yield conn
        with file.open("rb+") as stream:
            os.fsync(stream.fileno())
    except BaseException as error:
        engine.dispose()
        forget_sqlite(file)
        if isinstance(error, DBAPIError | OSError):
            raise _said(error) from error
        raise
    engine.dispose()


def forget_sqlite(file: Path) -> None:
    """Removes a SQLite file with what SQLite keeps beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def sqlite_file(url: str) -> Path:
    """Returns the file of a SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))


def _quick_engine(file: Path) -> Any:
    engine = create_engine(
        f"sqlite:///{file.absolute()}",
        connect_args={"check_same_thread": False, "isolation_level": None},
        poolclass=StaticPool,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # A copy that fails is thrown away, so nothing is journalled or waited for; keys are checked once, at the end.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-64000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_now(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _on_postgres(url: str, work: Callable[[Connection], R], *, read_only: bool) -> R:
    # Tables move between schemas here: a statement prepared before would mean the table of before.
    uncached = {"timeout": PATIENCE_SECONDS, "prepared_statement_cache_size": 0, "statement_cache_size": 0}
    named = {"server_settings": {"application_name": "hub backup"}}
    from sqlalchemy.ext.asyncio import create_async_engine  # brings the ORM, which SQLite does not need

    engine = create_async_engine(
        url,
        connect_args={**uncached, **named},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    try:
        if read_only:
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        async with engine.begin() as conn:
            return await conn.run_sync(work)
    finally:
        await engine.dispose()


def _said(error: DBAPIError | OSError) -> HubError:
    """Tells trouble of the database from rows that it will not take, such as a NUL character on PostgreSQL."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if isinstance(error, IntegrityError | DataError) or state.startswith(("22", "23")):
        return Refused(f"This database does not take what is in the backup: {getattr(error, 'orig', error)}.")
    return unavailable(error)
