"""Shapes: the tables a database really has, as the engine itself tells; so an older schema is read and written too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, inspect

Kind = Literal["int", "bool", "bytes", "json", "date", "text"]
# The schema's own mark is written by the migrations, the search index is made anew from what it indexes.
_NOT_ROWS = ("alembic_version", "interaction_search", "sqlite_")
ROWS_AT_ONCE = 1000
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (sa.Boolean, "bool"),
    (sa.Integer, "int"),
    (sa.JSON, "json"),
    (sa.Date, "date"),
    (sa.LargeBinary, "bytes"),
    (sa.String, "text"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what its values are, alike on both engines: times are whole numbers, as they are stored."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Shape:
    """A table with its columns in their order."""

    name: str
    columns: tuple[Column, ...]


def shapes(conn: Connection) -> list[Shape]:
    """Returns the tables of the hub, each after those that it refers to."""
    inspector = inspect(conn)
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name]
    kept = [name for name in names if not name.startswith(_NOT_ROWS)]
    return [Shape(name, tuple(_column(each) for each in inspector.get_columns(name))) for name in kept]


def count(conn: Connection, shape: Shape) -> int:
    """Returns how many rows a table has."""
    found: int = conn.exec_driver_sql(f'SELECT count(*) FROM "{shape.name}"').scalar_one()  # noqa: S608  # its own name
    return found


def pages(conn: Connection, shape: Shape) -> Iterator[Sequence[Sequence[Any]]]:
    """Streams the rows of a table as the driver gives them, some at a time; JSON comes as its text."""
    # asyncpg would hand JSON over parsed.
    as_text = "::text" if conn.dialect.name == "postgresql" else ""
    asked = [f'"{column.name}"{as_text if column.kind == "json" else ""}' for column in shape.columns]
    statement = f'SELECT {", ".join(asked)} FROM "{shape.name}"'  # noqa: S608  # names that the engine gave
    yield from stream(conn, statement)


def stream(conn: Connection, statement: str) -> Iterator[Sequence[Sequence[Any]]]:
    """Streams what a question finds, some rows at a time; one question at a time."""
    if conn.dialect.name == "sqlite":
        yield from conn.exec_driver_sql(statement).partitions(ROWS_AT_ONCE)
        return
    # asyncpg closes a cursor of its own only with the transaction, and until then the table cannot be altered.
    conn.exec_driver_sql(f"DECLARE hub_rows NO SCROLL CURSOR FOR {statement}")
    while rows := conn.exec_driver_sql(f"FETCH {ROWS_AT_ONCE} FROM hub_rows").all():
        yield rows
    conn.exec_driver_sql("CLOSE hub_rows")


def insert(conn: Connection, shape: Shape, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows as `hub.store.backup.rows.reader` makes them."""
    sqlite = conn.dialect.name == "sqlite"
    marks = ", ".join("?" if sqlite else f"${at}" for at in range(1, len(shape.columns) + 1))
    days = [] if sqlite else [at for at, column in enumerate(shape.columns) if column.kind == "date"]
    if days:
        rows = [_with_days(row, days) for row in rows]
    named = ", ".join(f'"{column.name}"' for column in shape.columns)
    conn.exec_driver_sql(f'INSERT INTO "{shape.name}" ({named}) VALUES ({marks})', list(rows))  # noqa: S608


def _with_days(row: tuple[Any, ...], days: Sequence[int]) -> tuple[Any, ...]:
    """Returns a row with its days as PostgreSQL's driver takes them; SQLite keeps a day as its text."""
    values = list(row)
    for at in days:
        values[at] = None if values[at] is None else date.fromisoformat(values[at])
    return tuple(values)


def _column(told: Any) -> Column:
    for known, kind in _KINDS:
        if isinstance(told["type"], known):
            return Column(told["name"], kind)
    raise TypeError(f"The column {told['name']} is of a type that no backup knows: {told['type']!r}")
