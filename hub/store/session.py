"""The database: works run in transactions that are merged, committed once and only then answered.

A work is a plain function over a Connection; it never commits and cannot wait for the network. `submit` merges waiting
items of one work into one call (group commit): a text webhook costs a share of a commit, not a commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from hub.store.waiting import PATIENCE_SECONDS

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")


class Database(Protocol):
    """What every room sees of the database; `engine` is "sqlite" or "postgresql".

    Raises Unavailable when the database cannot be reached or written (down, full or read-only disk).
    """

    engine: str
    url: str

    async def open(self) -> None:
        """Connects; the schema must be there already (`migrate`)."""

    async def close(self) -> None:
        """Finishes what was handed in, then lets go."""

    async def write(self, work: Callable[[Connection, A], R], arg: A, *, bulk: bool = False) -> R:
        """Runs a work in a transaction; returns after the commit.

        `bulk` rests half as long as it took when others came meanwhile: an import never keeps live traffic waiting.
        """
        ...

    async def submit(
        self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T, *, light: bool = False
    ) -> R:
        """Runs a batch work on this item and on all that wait for the same work; returns after the commit.

        `light`: the item takes milliseconds at most, so the event loop itself may run it where that is quicker.
        """
        ...

    async def read(self, work: Callable[[Connection, A], R], arg: A) -> R:
        """Runs a work on a read-only snapshot."""
        ...

    def awaited(self) -> bool:
        """Says whether somebody waits for the transaction that runs: a bulk work that could end should end.

        May be called by the work itself, in its thread. PostgreSQL's transactions run beside each other; there it
        says yes, since nothing is gained by longer ones.
        """
        ...


def open_database(url: str, *, patience_seconds: float = PATIENCE_SECONDS, lasting: bool = True) -> Database:
    """Returns the database for a URL: `sqlite:///path` or `postgresql+asyncpg://...`, not yet opened.

    `patience_seconds`: after so long without a lock or a connection a work ends as Unavailable. `lasting` False: a
    copy in SQLite that is thrown away.
    """
    if url.startswith("sqlite"):
        from hub.store.sqlite import SqliteDatabase

        return SqliteDatabase(url, patience_seconds, lasting=lasting)
    from hub.store.postgres import PostgresDatabase

    return PostgresDatabase(url, patience_seconds)
