"""Paging by key: one row more than shown tells whether there is more; allow-lists for what a filter may say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from hub.model.errors import Refused
from hub.store.tables.base import EPOCH, milliseconds

T = TypeVar("T")
# What a 64-bit column holds; a larger number in an address is no id.
_LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next ones; empty at the end."""

    items: tuple[T, ...]
    next: str = ""


def page_of(rows: Sequence[T], limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """Returns a page of at most `limit` of these rows, which were read with one more."""
    shown = tuple(rows[:limit])
    return Page(shown, cursor(shown[-1]) if len(rows) > limit else "")


def read_id(written: str, field: str = "before") -> int | None:
    """Returns a number written in an address, None where nothing is. Raises Refused."""
    if not written:
        return None
    if not (written.isascii() and written.isdecimal()) or int(written[:20]) > _LARGEST_ID:
        raise Refused(f"{written[:40]!r} is no number.", field=field)
    return int(written)


def time_cursor(at: datetime, row: int) -> str:
    """Returns the cursor of a row that is ordered by a time, then by its id."""
    return f"{milliseconds(at)}-{row}"


def read_time_cursor(written: str) -> tuple[datetime, int] | None:
    """Returns what `time_cursor` wrote, None where nothing is. Raises Refused."""
    if not written:
        return None
    moment, dash, row = written.partition("-")
    if not dash or len(moment) > 15:
        raise Refused(f"{written[:40]!r} is no place in this list.", field="before")
    milli, number = read_id(moment), read_id(row)
    if milli is None or number is None:
        raise Refused(f"{written[:40]!r} is no place in this list.", field="before")
    try:
        return EPOCH + timedelta(milliseconds=milli), number
    except OverflowError:
        raise Refused(f"{written[:40]!r} is no place in this list.", field="before") from None


def one_of(value: str, allowed: Collection[str], field: str) -> str:
    """Returns a value that is on the list, so that no text of a filter ever reaches a statement. Raises Refused."""
    if value not in allowed:
        raise Refused(
            f"{value[:40]!r} is no choice for {field}.", field=field, next_step=f"Choose one of {', '.join(allowed)}."
        )
    return value
