"""PostgreSQL's driver spoken to directly, in the transaction of a connection: for the statements of batches.

SQLAlchemy makes a cursor, a context and a result of each statement, and prepares it beside the driver's own cache: with
all of it a statement takes 390 us of this process, without 160, and a batch of texts has a dozen of them (measured).
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")


def on_postgresql(conn: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Runs a statement in the transaction of the connection; returns its rows.

    Raises DBAPIError as SQLAlchemy does.
    """
    driver = _driver(conn)
    if driver is None:
        found = conn.exec_driver_sql(statement, tuple(values))
        return [tuple(row) for row in found] if found.returns_rows else []
    return list(map(tuple, _awaited(conn, statement, driver.fetch(statement, *values))))


def changed_on_postgresql(conn: Connection, statement: str, values: Sequence[Any]) -> int:
    """Runs a statement as `on_postgresql` does; returns how many rows it changed."""
    driver = _driver(conn)
    if driver is None:
        return conn.exec_driver_sql(statement, tuple(values)).rowcount
    said: str = _awaited(conn, statement, driver.execute(statement, *values))
    return int(said.rpartition(" ")[2])  # "INSERT 0 64", "UPDATE 3"


def _driver(conn: Connection) -> Any | None:
    """Returns asyncpg's connection; None before the first statement, with which SQLAlchemy begins on the server."""
    driver: Any = conn.connection.driver_connection
    return driver if driver.is_in_transaction() else None


def _awaited(conn: Connection, statement: str, answer: Awaitable[T]) -> T:
    try:
        return await_(answer)
    except Exception as error:
        raise _as_sqlalchemy(conn, statement, error) from error
    except BaseException:
        # Given up in the middle: who waits for the end of it may wait for ever.
        conn.invalidate()
        raise


def _as_sqlalchemy(conn: Connection, statement: str, error: Exception) -> Exception:
    """Returns what SQLAlchemy would raise; a connection that is lost is not used again."""
    adapter: Any = conn.connection.dbapi_connection
    dbapi: Any = conn.dialect.loaded_dbapi
    try:
        adapter._handle_exception(error)
    except dbapi.Error as translated:
        is_lost = conn.dialect.is_disconnect(translated, adapter, None)
        told: Exception = DBAPIError.instance(
            statement, None, translated, dbapi.Error, connection_invalidated=is_lost, dialect=conn.dialect
        )
        if is_lost:
            conn.invalidate(translated)
        return told
    except Exception as other:  # noqa: BLE001  # none of the driver's: as it came
        return other
    return error
