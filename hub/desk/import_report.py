"""What became of an imported file, row by row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

OUTCOMES = ("created", "changed", "unchanged", "rejected")
# Hears how many rows of how many are done.
Tell = Callable[[int, int], Awaitable[None]]


async def unheard(_done: int, _total: int) -> None:
    """Is told where nobody wants to know."""


class RowOutcome(Protocol):
    """What every row's report says: one of OUTCOMES."""

    @property
    def outcome(self) -> str: ...


R = TypeVar("R", bound=RowOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[R]):
    """What became of a file; `dry`: nothing was stored."""

    dry: bool
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    ignored: Sequence[str]
    rows: Sequence[R] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {name: sum(row.outcome == name for row in self.rows) for name in OUTCOMES}


class Undone(Exception):
    """Takes a dry run back to its savepoint."""
