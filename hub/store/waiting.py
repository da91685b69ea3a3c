"""Works that wait for a transaction, each with the caller to be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection


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
