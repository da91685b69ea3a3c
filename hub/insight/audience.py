"""Who a segment means, as pages and the API show it while somebody edits: how many, and some real people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from hub.insight.people import names_of
from hub.model.segment import Segment
from hub.store import audience
from hub.store.tables import CustomerRow

_EVERYBODY = select(func.count()).select_from(CustomerRow).where(CustomerRow.merged_into.is_(None))


@dataclass(frozen=True, slots=True)
class Somebody:
    """A customer by what they are called."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """How many of `everybody` belong, and a sample from all over."""

    count: int
    everybody: int
    sample: Sequence[Somebody]

    @property
    def share(self) -> float:
        """Which part of everybody they are, from 0 to 1."""
        return self.count / self.everybody if self.everybody else 0.0


def meant(conn: Connection, segment: Segment, now: datetime, *, shown: int) -> Meant:
    """Returns who belongs to a segment now."""
    seen = audience.preview(conn, segment, now, shown)
    names = names_of(conn, seen.customers)
    return Meant(
        count=seen.count,
        everybody=conn.scalar(_EVERYBODY) or 0,
        sample=[Somebody(number, names.get(number, "")) for number in seen.customers],
    )
