"""Rows of every table, with values that are hard to keep; made by the schema itself, so that no table is forgotten."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Connection, Date, Integer, LargeBinary, UniqueConstraint

from hub.store.backup.making import Made, Making, make
from hub.store.backup.places import on_snapshot
from hub.store.backup.shapes import shapes
from hub.store.blobs import FileBlobs
from hub.store.tables import Base, Exact, Moment
from tests.builders import NOW

TEXTS = (
    "",
    "plain",
    "čeština, русский, 日本語 😀",
    'quote " back \\ slash',
    "line\nfeed\r\n\ttab",
    "\x01\x7f\u2028",
    "null",
    "'; --",
)
NUMBERS = (0, 1, -1, (1 << 31), (1 << 53) + 1, (1 << 63) - 1, -(1 << 63))
DOCUMENTS: tuple[Any, ...] = (
    {},
    [],
    {"b": 1, "a": {"ž": None, "A": [True, False]}},
    [1.0, 1, 0.1, -0.0, 1e16, 1e-7, 1e22, 1.5e300, (1 << 63), (1 << 53) + 1],
    {"a-0": "1e5", "": "-0.0", "text": TEXTS[5]},
)
_ROWS = 6


def nothing(step: str, done: int, total: int) -> None:
    """Tells nobody."""


def fill(conn: Connection, seed: int) -> None:
    """Adds some rows to every table; each refers to rows that are there."""
    chance = random.Random(seed)
    keys: dict[tuple[str, str], list[Any]] = {}
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in Base.metadata.sorted_tables:
        unique = {column.name for column in table.primary_key}
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                unique |= {column.name for column in constraint.columns}
        for index in table.indexes:
            if index.unique:
                unique |= {column.name for column in index.columns}
        names = [column.name for column in table.columns]
        rows = [
            tuple(_value(table.name, column, at, column.name in unique, keys, chance) for column in table.columns)
            for at in range(1, _ROWS + 1)
        ]
        marks = ", ".join("?" if conn.dialect.name == "sqlite" else f"${at}" for at in range(1, len(names) + 1))
        quoted = ", ".join(f'"{name}"' for name in names)
        conn.exec_driver_sql(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', rows)
        for at, name in enumerate(names):
            keys[table.name, name] = [row[at] for row in rows]


def all_rows(conn: Connection) -> dict[str, list[Any]]:
    """Returns every row as this engine keeps it, JSON parsed, in one order for both engines."""
    found = {}
    for shape in shapes(conn):
        rows = [tuple(row) for row in conn.exec_driver_sql(f'SELECT * FROM "{shape.name}"')]
        kinds = [column.kind for column in shape.columns]
        found[shape.name] = sorted((_plain(row, kinds) for row in rows), key=repr)
    return found


def archive_of(url: str, file: Path, blobs: FileBlobs | None = None, **more: Any) -> Made:
    """Makes a backup of a database."""
    making = Making(**{"file": file, "made_at": NOW, "key_check": "0123", "blobs": blobs, **more})
    return on_snapshot(url, lambda conn: make(conn, making, nothing))


def _value(
    table: str, column: Any, at: int, unique: bool, keys: dict[tuple[str, str], list[Any]], chance: random.Random
) -> Any:
    foreign = next(iter(column.foreign_keys), None)
    if foreign is not None:
        # A table that refers to itself: also to rows that come later.
        known = keys.get((foreign.column.table.name, foreign.column.name), list(range(1, _ROWS + 1)))
        return known[at - 1] if unique else chance.choice([*known, *([None] if column.nullable else [])])
    if column.nullable and not unique and chance.random() < 0.3:
        return None
    if isinstance(column.type, Date):
        return f"19{10 + at}-02-28"
    if isinstance(column.type, LargeBinary):
        return bytes(chance.randrange(256) for _ in range(chance.choice([0, 1, 300])))
    if isinstance(column.type, Boolean):
        return chance.random() < 0.5
    if isinstance(column.type, Integer | Moment | Exact):
        return at if unique else chance.choice(NUMBERS)
    if isinstance(column.type, JSON):
        return orjson.dumps(chance.choice(DOCUMENTS)).decode()
    return f"{table} {column.name} {at}" if unique else chance.choice(TEXTS)


def _plain(row: Sequence[Any], kinds: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_one(value, kind) for value, kind in zip(row, kinds, strict=True))


def _one(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "json":
        parsed = orjson.loads(value) if isinstance(value, str) else value
        return repr(_numbers(parsed))
    if kind == "bool":
        return bool(value)
    return value.isoformat() if isinstance(value, date) else value


def _numbers(value: Any) -> Any:
    """Returns JSON with its keys in order and each number as what it is worth: engines write them differently."""
    if isinstance(value, dict):
        return {key: _numbers(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return Decimal(repr(value)).normalize() + 0
