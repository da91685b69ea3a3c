"""Sight: for whom a work reads, and what of it is health-class; one place from which every answer takes it.

The web room reads for a member of staff and says so (hub.web.sighted); the hub itself, which captures and sends, reads
for nobody and sees everything. So a new page is careful without having to think of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Sight:
    """A reader: whether they may see what is health-class, and what of it they were shown, by customer.

    `kept`: what one work has looked up, which it need not ask again.
    """

    staff_id: int
    sees: bool
    shown: dict[tuple[int, str], None] = field(default_factory=dict)
    kept: dict[str, object] = field(default_factory=dict)


_READER: ContextVar[Sight | None] = ContextVar("sight", default=None)


@contextmanager
def through(reader: Sight | None) -> Iterator[None]:
    """Reads for somebody as long as it lasts."""
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)


def kept() -> dict[str, object]:
    """Returns what this work has looked up so far; nothing is kept where nobody reads."""
    reader = _READER.get()
    return {} if reader is None else reader.kept


def sees_everything() -> bool:
    """Whether nothing is kept from who reads; what they are shown is to be noted all the same (`may_show`)."""
    reader = _READER.get()
    return reader is None or reader.sees


def may_show(customer_id: int, what: str) -> bool:
    """Whether the reader may be shown something of a customer; notes that they were. `what`: fact:allergy."""
    reader = _READER.get()
    if reader is None:
        return True
    if reader.sees:
        reader.shown[customer_id, what] = None
    return reader.sees


def is_noted() -> bool:
    """Whether what is shown is noted: somebody reads who may see it, not the hub itself."""
    reader = _READER.get()
    return reader is not None and reader.sees
