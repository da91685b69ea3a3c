"""Interaction ids: 64 bits, ordered by time, made by any process without asking."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from hub.store.batch import on_sqlite
from hub.store.tables.base import EPOCH, Base, milliseconds, moment

_BITS = 20
_MASK = (1 << _BITS) - 1
_lock = threading.Lock()
_counter = secrets.randbits(_BITS)


def interaction_id(occurred_at: datetime) -> int:
    """Returns milliseconds << 20 | 20 counted bits: unique within a process, random start between processes.

    Random bits alone collide: 36% of batches of 1,000 in one millisecond.
    """
    return interaction_ids([milliseconds(occurred_at)])[0]


def interaction_ids(moments: Sequence[int]) -> list[int]:
    """Returns an id for each of these milliseconds since 1970."""
    global _counter  # one counter a process is the point
    with _lock:
        first = _counter + 1
        _counter = (_counter + len(moments)) & _MASK
    return [at << _BITS | (first + number & _MASK) for number, at in enumerate(moments)]


def moment_of(interaction: int) -> datetime:
    """Returns when an interaction happened, by its id."""
    return moment(interaction >> _BITS)


def take_ids(conn: Connection, table: type[Base], count: int) -> list[int]:
    """Returns ids for rows that are about to be inserted together.

    Asking for the ids of inserted rows in order costs a statement a row on SQLite. There the one writer may take the
    next numbers itself; on PostgreSQL the sequence gives them.
    """
    name = table.__tablename__
    if conn.dialect.name == "sqlite":
        [[last]] = on_sqlite(conn, f"SELECT coalesce(max(id), 0) FROM {name}", ())  # noqa: S608  # a table's name
        return list(range(last + 1, last + 1 + count))
    numbers = text(f"SELECT nextval('{name}_id_seq') FROM generate_series(1, :count)")  # noqa: S608  # a table's name
    return list(conn.scalars(numbers, {"count": count}))


def occurred_at(interaction: int) -> datetime:
    """Returns when an interaction happened, which its id says."""
    return EPOCH + timedelta(milliseconds=interaction >> _BITS)


def first_id(moment: datetime) -> int:
    """Returns the smallest id of a moment, for ranges of time."""
    return milliseconds(moment) << _BITS
