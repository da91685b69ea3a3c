"""Connections to SQLite: how each is set up, and how its transactions begin."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from hub.store.waiting import PATIENCE_SECONDS

READERS = 4


def sqlite_engine(
    url: str,
    *,
    begin: str,
    read_only: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
    lasting: bool = True,
) -> Engine:
    """Returns an engine whose transactions start with `begin`: a deferred BEGIN fails under load when it upgrades.

    `lasting` False: of a copy that is thrown away, whose commits need not wait for the disk.
    """
    engine = create_engine(
        url,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": patience_seconds,
            "cached_statements": 256,
        },
        poolclass=QueuePool if read_only else StaticPool,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **({"pool_size": READERS} if read_only else {}),
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL" if lasting else "synchronous=OFF",
            "foreign_keys=ON",
            # Pages: the log stays small where hub.store.checkpoints has not come to it. A bulk commit alone has 5,500;
            # made within each of them, checkpoints took a fifth of an upload's time.
            "wal_autocheckpoint=16000",
            "cache_size=-16000",
            "temp_store=MEMORY",
            *(("query_only=ON",) if read_only else ()),
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_now(conn: Connection) -> None:
        driver: Any = conn.connection.dbapi_connection
        try:
            driver.execute(begin)  # through SQLAlchemy it took a third of a short read's time
        except sqlite3.Error as error:
            raise DBAPIError.instance(begin, None, error, sqlite3.Error, dialect=conn.dialect) from error

    return engine
