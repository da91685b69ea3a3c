"""The feed: everything that happened, in order, for those who follow from a cursor on and must miss nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, text

from hub.store.tables import DomainEventRow

# Longest transaction that the feed waits for.
_LONGEST_WORK = timedelta(hours=1)
# On PostgreSQL a smaller id may commit after a larger one: rows that a transaction still running could precede are
# left for the next call. pg_snapshot_xmin is the oldest transaction in progress (PostgreSQL manual, 9.27.12).
_SETTLED = text("age(domain_event.xmin) > age(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid))")


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
    if conn.dialect.name == "postgresql":
        statement = statement.where(or_(DomainEventRow.at < now - _LONGEST_WORK, _SETTLED))
    rows = conn.execute(statement.order_by(DomainEventRow.id).limit(limit))
    return [Happened(**row._mapping) for row in rows]
