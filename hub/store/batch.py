"""Many rows in one statement: written once, its rows handed over as tuples.

SQLAlchemy's executemany builds and checks every parameter of every row in Python, 25 us for an interaction; this takes
4. SQLite gets VALUES of 1, 2, 4 ... 128 rows, so that a few prepared statements serve all, and PostgreSQL one value of
JSON: asyncpg checks and writes each element of an array in Python, which takes twice as long.
The drivers are spoken to directly: SQLite's takes 3 us for a statement that SQLAlchemy hands on in 50, or compiles in
270; for PostgreSQL's see hub.store.postgres_driver.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import JSON, Connection, Dialect, LargeBinary
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from hub.store.postgres_driver import changed_on_postgresql, on_postgresql
from hub.store.tables.base import Base, Moment, milliseconds

# Every name in these statements is a table's or a column's of ours; values are always parameters.
# ruff: noqa: S608

_LARGEST = 128
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy does not type its dialects' classes
Columns = Mapping[str, TypeEngine[Any]]
Process = Callable[[Any], Any]


class Batch:
    """A statement over rows of named columns, two at least; `{rows}` in it stands for them all, in this order."""

    def __init__(self, columns: Columns, statement: str, *, returning: Sequence[str] = ()) -> None:
        self._columns = tuple(columns)
        self._types = tuple(columns.values())
        self._statement = statement
        self._values = itemgetter(*self._columns)
        self._bindings: dict[str, list[Process | None]] = {}
        self._has_bytes = any(isinstance(type_, LargeBinary) for type_ in self._types)
        self._for_postgresql = self._text(self._arrays() if self._has_bytes else self._elements())
        self._for_sqlite = [self._text(self._tuples(1 << power)) for power in range(_LARGEST.bit_length())]
        self._told = [self._columns.index(name) for name in returning] if {*returning} <= {*self._columns} else []
        self._untold = [text.partition(" RETURNING ")[0] for text in self._for_sqlite] if self._told else []

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Runs it on rows by column name; each column must be there. Returns what the statement returns."""
        if not rows:
            return []
        values = [
            column if bind is None else [bind(value) for value in column]
            for bind, column in zip(self._binds(conn.dialect), zip(*map(self._values, rows), strict=True), strict=True)
        ]
        if conn.dialect.name == "postgresql":
            return list(on_postgresql(conn, self._for_postgresql, self._given(values)))
        returned: list[Any] = []
        for piece in _pieces(list(zip(*values, strict=True))):
            power, given = len(piece).bit_length() - 1, tuple(chain.from_iterable(piece))
            if self._told and _changes_all(conn, self._untold[power], given, len(piece)):
                returned += [tuple(row[at] for at in self._told) for row in piece]
            else:
                returned += on_sqlite(conn, self._for_sqlite[power], given)
        return returned

    def written(self, conn: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Runs it on rows of values as they are stored, in the columns' order; returns how many rows it changed.

        Moments are milliseconds and JSON is text. For what was made ready elsewhere; not for columns of bytes.
        """
        if not rows:
            return 0
        if conn.dialect.name == "postgresql":
            given = orjson.dumps(self._with_json(rows)).decode()
            return changed_on_postgresql(conn, self._for_postgresql, (given,))
        changed = 0
        for piece in _pieces(rows):
            power = len(piece).bit_length() - 1
            text = self._untold[power] if self._told else self._for_sqlite[power]
            changed += _changed_on_sqlite(conn, text, tuple(chain.from_iterable(piece)))
        return changed

    def _with_json(self, rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
        """Returns the rows with what is JSON in them as JSON, not as text of it."""
        given = [list(row) for row in rows]
        for at, type_ in enumerate(self._types):
            if isinstance(type_, JSON):
                for row in given:
                    row[at] = row[at] and orjson.Fragment(row[at])
        return given

    def _given(self, values: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        if self._has_bytes:
            return tuple(map(list, values))
        return (orjson.dumps(list(zip(*values, strict=True))).decode(),)

    def _binds(self, dialect: Dialect) -> list[Process | None]:
        if dialect.name not in self._bindings:
            self._bindings[dialect.name] = [
                None
                if isinstance(type_, JSON) and dialect.name == "postgresql" and not self._has_bytes
                else _binding(type_, dialect)
                for type_ in self._types
            ]
        return self._bindings[dialect.name]

    def _text(self, rows: str) -> str:
        return self._statement.format(rows=rows)

    def _tuples(self, count: int) -> str:
        row = f"({', '.join('?' * len(self._columns))})"
        return f"VALUES {', '.join([row] * count)}"

    def _elements(self) -> str:
        """Returns the rows of an array of arrays; what is JSON in a row goes into its column as it is."""
        fields = (
            f"nullif(r->{at}, 'null')" if isinstance(type_, JSON) else f"(r->>{at})::{type_.compile(_POSTGRESQL)}"
            for at, type_ in enumerate(self._types)
        )
        named = ", ".join(f"{field} AS {name}" for field, name in zip(fields, self._columns, strict=True))
        return f"SELECT {named} FROM jsonb_array_elements($1::text::jsonb) AS batch (r)"

    def _arrays(self) -> str:
        arrays = (f"${at}::{type_.compile(_POSTGRESQL)}[]" for at, type_ in enumerate(self._types, 1))
        names = ", ".join(self._columns)
        return f"SELECT {names} FROM unnest({', '.join(arrays)}) AS batch ({names})"


def insert_batch(table: type[Base], columns: Sequence[str], *, returning: str = "") -> Batch:
    """Returns an INSERT that leaves alone what is there already, and returns columns of what it added."""
    back = f" RETURNING {returning}" if returning else ""
    into = f"INSERT INTO {table.__tablename__} ({', '.join(columns)})"
    told = returning.split(", ") if returning else ()
    return Batch(typed(table, columns), f"{into} {{rows}} ON CONFLICT DO NOTHING{back}", returning=told)


def update_batch(table: type[Base], key: str, columns: Sequence[str]) -> Batch:
    """Returns an UPDATE of these columns, row by row, where `key` is the row's."""
    name, every = table.__tablename__, (key, *columns)
    changes = ", ".join(f"{column} = changed.{column}" for column in columns)
    return Batch(
        typed(table, every),
        f"WITH changed ({', '.join(every)}) AS ({{rows}}) UPDATE {name} SET {changes}"
        f" FROM changed WHERE {name}.{key} = changed.{key}",
    )


def on_sqlite(conn: Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    """Runs a statement on SQLite's driver, in the transaction of the connection; returns its rows."""
    driver = _driver(conn)
    try:
        rows: list[Any] = driver.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=conn.dialect) from error
    return rows


def _changed_on_sqlite(conn: Connection, statement: str, values: Sequence[Any]) -> int:
    driver = _driver(conn)
    try:
        changed: int = driver.execute(statement, values).rowcount
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=conn.dialect) from error
    return changed


def _driver(conn: Connection) -> Any:
    """Returns SQLite's own connection, in the transaction of ours."""
    if not conn.in_transaction():
        conn.begin()
    return conn.connection.dbapi_connection


def _changes_all(conn: Connection, statement: str, values: Sequence[Any], count: int) -> bool:
    """Runs a statement on SQLite if it changes so many rows, else undoes it.

    What it would return is then known: each row that is returned lets go of the interpreter, and the writer waits for
    it behind the event loop, up to 5 ms a row.
    """
    driver = _driver(conn)
    try:
        driver.execute("SAVEPOINT batch")
        if driver.execute(statement, values).rowcount != count:
            driver.execute("ROLLBACK TO batch")
            count = -1
        driver.execute("RELEASE batch")
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error, dialect=conn.dialect) from error
    return count >= 0


def _binding(type_: TypeEngine[Any], dialect: Dialect) -> Process | None:
    """Returns what writes a value: what its type says, which takes several calls more for what stands in each row."""
    if isinstance(type_, Moment):
        return lambda value: None if value is None else milliseconds(value)
    if isinstance(type_, JSON) and dialect.name == "sqlite":
        return lambda value: None if value is None else orjson.dumps(value).decode()
    return type_.dialect_impl(dialect).bind_processor(dialect)


def typed(table: type[Base], columns: Sequence[str]) -> dict[str, TypeEngine[Any]]:
    """Returns columns of a table as a batch names them, with their types."""
    return {name: table.__table__.c[name].type for name in columns}


def _pieces(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Parts rows into pieces of 128, then of ever smaller powers of two."""
    at = 0
    while left := len(rows) - at:
        count = min(_LARGEST, 1 << left.bit_length() - 1)
        yield rows[at : at + count]
        at += count
