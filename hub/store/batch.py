"""Many rows in one statement: written once, its rows handed over as tuples.

SQLAlchemy's executemany builds and checks every parameter of every row in Python, 25 us for an interaction; this takes
4. SQLite gets VALUES of 1, 2, 4 ... 128 rows, so that a few prepared statements serve all, PostgreSQL arrays by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

# Every name in these statements is a table's or a column's of ours; values are always parameters.
# ruff: noqa: S608

_LARGEST = 128
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy does not type its dialects' classes


class Batch:
    """A statement over rows of named columns, two at least; `{rows}` in it stands for them all, in this order."""

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], statement: str) -> None:
        self._columns = tuple(columns)
        self._types = tuple(columns.values())
        self._statement = statement
        self._values = itemgetter(*self._columns)
        self._bindings: dict[str, list[Callable[[Any], Any] | None]] = {}
        self._for_postgresql = self._text(self._arrays())
        self._for_sqlite = [self._text(self._tuples(1 << power)) for power in range(_LARGEST.bit_length())]

    def __call__(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Runs it on rows by column name; each column must be there. Returns what the statement returns."""
        if not rows:
            return []
        values = [
            column if bind is None else [bind(value) for value in column]
            for bind, column in zip(self._binds(conn.dialect), zip(*map(self._values, rows), strict=True), strict=True)
        ]
        if conn.dialect.name == "postgresql":
            found = conn.exec_driver_sql(self._for_postgresql, tuple(list(column) for column in values))
            return list(found) if found.returns_rows else []
        returned: list[Any] = []
        for piece in _pieces(list(zip(*values, strict=True))):
            text = self._for_sqlite[len(piece).bit_length() - 1]
            found = conn.exec_driver_sql(text, tuple(chain.from_iterable(piece)))
            if found.returns_rows:
                returned += found
        return returned

    def _binds(self, dialect: Dialect) -> list[Callable[[Any], Any] | None]:
        if dialect.name not in self._bindings:
            self._bindings[dialect.name] = [
                type_.dialect_impl(dialect).bind_processor(dialect) for type_ in self._types
            ]
        return self._bindings[dialect.name]

    def _text(self, rows: str) -> str:
        return self._statement.format(rows=rows)

    def _tuples(self, count: int) -> str:
        row = f"({', '.join('?' * len(self._columns))})"
        return f"VALUES {', '.join([row] * count)}"

    def _arrays(self) -> str:
        arrays = (f"${at}::{type_.compile(_POSTGRESQL)}[]" for at, type_ in enumerate(self._types, 1))
        names = ", ".join(self._columns)
        return f"SELECT {names} FROM unnest({', '.join(arrays)}) AS batch ({names})"


def insert_batch(table: type[DeclarativeBase], columns: Sequence[str], *, returning: str = "") -> Batch:
    """Returns an INSERT that leaves alone what is there already."""
    back = f" RETURNING {returning}" if returning else ""
    into = f"INSERT INTO {table.__tablename__} ({', '.join(columns)})"
    return Batch(_typed(table, columns), f"{into} {{rows}} ON CONFLICT DO NOTHING{back}")


def update_batch(table: type[DeclarativeBase], key: str, columns: Sequence[str]) -> Batch:
    """Returns an UPDATE of these columns, row by row, where `key` is the row's."""
    name, every = table.__tablename__, (key, *columns)
    changes = ", ".join(f"{column} = changed.{column}" for column in columns)
    return Batch(
        _typed(table, every),
        f"WITH changed ({', '.join(every)}) AS ({{rows}}) UPDATE {name} SET {changes}"
        f" FROM changed WHERE {name}.{key} = changed.{key}",
    )


def _typed(table: type[DeclarativeBase], columns: Sequence[str]) -> dict[str, TypeEngine[Any]]:
    return {name: table.__table__.c[name].type for name in columns}


def _pieces(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Parts rows into pieces of 128, then of ever smaller powers of two."""
    at = 0
    while left := len(rows) - at:
        count = min(_LARGEST, 1 << left.bit_length() - 1)
        yield rows[at : at + count]
        at += count
