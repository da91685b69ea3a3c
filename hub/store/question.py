"""Questions about many rows at once, by their keys: what the hot paths read, as plain tuples.

SQLAlchemy writes out each key of an IN, compiles the statement anew for each number of them and makes an object of each
row: of 50 messages 25 us each, this takes 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Select, func, select
from sqlalchemy.types import TypeEngine

from hub.store.batch import Columns, Process, on_sqlite
from hub.store.postgres_driver import on_postgresql
from hub.store.tables.base import Base, Moment, moment

# Every name in these statements is a table's or a column's of ours; values are always parameters.
# ruff: noqa: S608


class Question:
    """A SELECT of columns about many keys: `table.column {among}` in what follows its FROM says that it is one of them.

    `{locked}`: on PostgreSQL nobody else changes the rows until the commit. The keys are one bound value, and SQLite
    answers with one row of JSON, made while other threads run: each row fetched would wait for the interpreter again.
    """

    def __init__(self, columns: Columns, source: str, *, keys: str = "BIGINT", lock: str = "UPDATE") -> None:
        self._types = tuple(columns.values())
        self._processes: dict[str, list[tuple[int, Process]]] = {}
        named = ", ".join(f"{column} AS c{at}" for at, column in enumerate(columns))
        together = ", ".join(f"c{at}" for at in range(len(columns)))
        asked = source.format(among="IN (SELECT value FROM json_each(?1))", locked="")
        self._for_sqlite = f"SELECT json_group_array(json_array({together})) FROM (SELECT {named} FROM {asked})"
        # Numbers as text: asyncpg takes ten times as long for a list of them.
        self._numbers = keys == "BIGINT"
        array = "(SELECT $1::text::BIGINT[])::BIGINT[]" if self._numbers else f"$1::{keys}[]"
        asked = source.format(among=f"= ANY({array})", locked=f"FOR {lock}")
        self._for_postgresql = f"SELECT {named} FROM {asked}"

    def __call__(self, conn: Connection, keys: Sequence[int] | Sequence[str]) -> list[Sequence[Any]]:
        """Returns the rows, each column in its place."""
        if not keys:
            return []
        if conn.dialect.name == "postgresql":
            given = f"{{{','.join(map(str, keys))}}}" if self._numbers else list(keys)
            rows: list[Any] = on_postgresql(conn, self._for_postgresql, (given,))
        else:
            [[answer]] = on_sqlite(conn, self._for_sqlite, (orjson.dumps(keys).decode(),))
            rows = orjson.loads(answer)
        processes = self._process(conn.dialect)
        if not processes or not rows:
            return rows
        columns = list(zip(*rows, strict=True))
        for at, process in processes:
            columns[at] = tuple(map(process, columns[at]))
        return list(zip(*columns, strict=True))

    def _process(self, dialect: Dialect) -> list[tuple[int, Process]]:
        if dialect.name not in self._processes:
            found = [
                _read if isinstance(type_, Moment) else type_.dialect_impl(dialect).result_processor(dialect, None)
                for type_ in self._types
            ]
            self._processes[dialect.name] = [(at, process) for at, process in enumerate(found) if process is not None]
        return self._processes[dialect.name]


class Rows:
    """Rows of a table by their ids, in the order of the ids; all columns where none are named."""

    def __init__(self, table: type[Base], columns: Sequence[str] = ()) -> None:
        name, all_of_it = table.__tablename__, table.__table__.c
        self._names = tuple(columns) or tuple(column.name for column in all_of_it)
        named = {f"{name}.{column}": all_of_it[column].type for column in self._names}
        source = f"{name} WHERE {name}.id {{among}} ORDER BY {name}.id"
        self._ask, self._lock = Question(named, source), Question(named, f"{source} {{locked}}")

    def __call__(self, conn: Connection, ids: Sequence[int], *, lock: bool = False) -> list[dict[str, Any]]:
        """Returns the rows by column name; `lock` keeps other processes off until the commit."""
        names = self._names
        return [dict(zip(names, row, strict=True)) for row in (self._lock if lock else self._ask)(conn, ids)]


def ids_of(conn: Connection, statement: Select[Any], asked: Mapping[str, Any] | None = None) -> list[int]:
    """Returns the number that each row of a SELECT is, in its order; SQLite answers with one row, as to a question."""
    if conn.dialect.name != "sqlite":
        return list(conn.scalars(statement, asked or {}))
    found: list[int] = orjson.loads(conn.scalar(_together(statement), asked or {}) or "[]")
    return found


@lru_cache(maxsize=64)
def _together(statement: Select[Any]) -> Select[Any]:
    [number] = statement.subquery().c
    return select(func.json_group_array(number))


# The rows of a batch have most of their times in common.
@lru_cache(maxsize=4_096)
def _read(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def columns_of(*attributes: Any) -> dict[str, TypeEngine[Any]]:
    """Returns mapped columns as a question names them: `table.column` and its type."""
    return {f"{each.table.name}.{each.key}": each.type for each in attributes}
