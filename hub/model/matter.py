"""A matter: something open with a customer that comes before any promotion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """`kind`: "complaint" (a task) or "conversation" (one that waits for our answer), with its number."""

    kind: str
    number: int
    since: datetime
