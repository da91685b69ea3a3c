"""The feed: everything that happened, in order, for those who follow from a cursor on and must miss nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hub.store.jobs import settled
from hub.store.tables import DomainEventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One domain event; `kind` as customer.merged, appointment.moved, note.added."""

    id: int
    kind: str
    customer_id: int | None
    interaction_id: int | None
    data: Mapping[str, Any]
    at: datetime


def events(conn: Connection, now: datetime, *, after: int = 0, kind: str = "", limit: int = 50) -> list[Happened]:
    """Returns what happened after an event, oldest first; of one kind, if named."""
    statement = select(
        DomainEventRow.id,
        DomainEventRow.kind,
        DomainEventRow.customer_id,
        DomainEventRow.interaction_id,
        DomainEventRow.data,
        DomainEventRow.at,
    ).where(DomainEventRow.id > after)
    if kind:
        statement = statement.where(DomainEventRow.kind == kind)
    rows = conn.execute(statement.where(settled(conn, now)).order_by(DomainEventRow.id).limit(limit))
    return [Happened(**row._mapping) for row in rows]
