"""The smallest works: rows of one plain table, written and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select

from hub.store.tables import InstallationRow


def put(conn: Connection, names: Sequence[str]) -> list[int]:
    """Stores names as one merged batch; returns, for each, how many came in its batch. `poison` cannot be stored."""
    for name in names:
        conn.execute(insert(InstallationRow).values(name=name, value=None if name == "poison" else "x"))
    return [len(names)] * len(names)


def put_one(conn: Connection, name: str) -> str:
    put(conn, [name])
    return name


def names(conn: Connection, _: Any = None) -> set[str]:
    """Returns the names stored by `put`."""
    return set(conn.scalars(select(InstallationRow.name))) - {"id", "epoch"}


def count(conn: Connection, table: Any) -> int:
    return conn.scalar(select(func.count()).select_from(table)) or 0
