"""Works that wait for a transaction, each with the caller to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from hub.model.errors import Unavailable

# What a command waits for a lock or a connection; where somebody waits for a page, less is handed in.
PATIENCE_SECONDS = 30.0
# Measured: more items a transaction brings nothing, and one slow batch delays all that wait.
LARGEST_BATCH = 256
# How long a bulk work rests, as a part of what it took. Measured with an upload of 100,000 rows beside 20 texts a
# second: a whole rest cost the upload 11 s more and spared the texts little.
REST = 0.5


@dataclass(slots=True, eq=False)
class Waiting:
    """One work and its argument; `merged`: it runs once on the arguments of all that wait for the same work."""

    work: Callable[[Connection, Any], Any]
    arg: Any
    merged: bool
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Answers the caller, if it still waits; to be called on its event loop."""
        if self.answer.cancelled():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


def call(conn: Connection, group: list[Waiting]) -> None:
    """Runs the work of a group and keeps each member's result."""
    first = group[0]
    if not first.merged:
        first.result = first.work(conn, first.arg)
        return
    results = first.work(conn, [waiting.arg for waiting in group])
    for waiting, result in zip(group, results, strict=True):
        waiting.result = result


def grouped(batch: list[Waiting]) -> list[list[Waiting]]:
    """Returns the batch in order of arrival, items of one merged work together."""
    groups: dict[Any, list[Waiting]] = {}
    for waiting in batch:
        groups.setdefault(waiting.work if waiting.merged else waiting, []).append(waiting)
    return list(groups.values())


def unavailable(error: BaseException) -> Unavailable:
    """Returns what to tell a caller whose database failed."""
    cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return Unavailable(
        f"The database cannot be used now: {cause}.",
        next_step="Check the disk and the database server; the hub goes on by itself when they are back.",
    )
