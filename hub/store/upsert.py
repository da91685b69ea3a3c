"""Inserts that leave an existing row alone: constraints decide races, not checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.tables.base import Base

Rows = Sequence[Mapping[str, Any]]


@lru_cache(maxsize=64)
def _insert_new(table: type[Base], engine: str) -> Any:
    if engine == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


@lru_cache(maxsize=64)
def _upsert(table: type[Base], engine: str, key: tuple[str, ...], changed: tuple[str, ...]) -> Any:
    insert = sqlite.insert(table) if engine == "sqlite" else postgresql.insert(table)
    return insert.on_conflict_do_update(
        index_elements=list(key), set_={name: insert.excluded[name] for name in changed}
    )


def insert_new(conn: Connection, table: type[Base], rows: Rows) -> int:
    """Inserts the rows that are not there yet; returns how many were new (-1 where the driver does not say)."""
    if not rows:
        return 0
    return conn.execute(_insert_new(table, conn.dialect.name), list(rows)).rowcount


def upsert(conn: Connection, table: type[Base], key: tuple[str, ...], rows: Rows) -> None:
    """Inserts rows, or changes the other named columns of those already there."""
    if rows:
        changed = tuple(name for name in rows[0] if name not in key)
        conn.execute(_upsert(table, conn.dialect.name, key, changed), list(rows))
