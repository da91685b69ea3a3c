"""Happenings: domain events as sequences read them, with what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.model.outbound import Origin
from hub.store.ids import moment_of
from hub.store.jobs import settled
from hub.store.question import Question, columns_of
from hub.store.tables import (
    AppointmentRow,
    ConversationRow,
    CustomerRow,
    DomainEventRow,
    IdentityRow,
    InteractionRow,
    MessageRow,
    PurchaseRow,
)

CAPTURED, BOUGHT, WITHDRAWN = "interaction.captured", "purchase.recorded", "consent.withdrawn"
_KINDS = (CAPTURED, BOUGHT, WITHDRAWN, "appointment.attended", "appointment.missed", "appointment.cancelled")
BATCH = 500
_THEIR_OWN = Question(columns_of(CustomerRow.id), "customer WHERE customer.id {among} AND customer.merged_into IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A domain event. `happened_at`: when it was so, which may be long before it was told; `about`: its record."""

    id: int
    kind: str
    customer_id: int
    interaction_id: int | None
    at: datetime
    happened_at: datetime | None
    key: str
    medium: str = ""
    direction: str = ""
    interaction_kind: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, int] = field(default_factory=dict)


def newest(conn: Connection, now: datetime) -> int:
    """Returns the newest domain event before which no other can turn up."""
    settling = settled(conn, now)
    return conn.scalar(select(DomainEventRow.id).where(settling).order_by(DomainEventRow.id.desc()).limit(1)) or 0


def since(conn: Connection, after: int, until: int) -> list[Happened]:
    """Returns what sequences may look at after one domain event up to another, in order, at most BATCH."""
    rows = conn.execute(
        select(
            DomainEventRow.id,
            DomainEventRow.kind,
            DomainEventRow.customer_id,
            DomainEventRow.interaction_id,
            DomainEventRow.data,
            DomainEventRow.at,
            InteractionRow.medium,
            InteractionRow.direction,
            InteractionRow.kind.label("interaction_kind"),
            InteractionRow.detail,
        )
        .outerjoin(InteractionRow, InteractionRow.id == DomainEventRow.interaction_id)
        .where(
            DomainEventRow.id > after,
            DomainEventRow.id <= until,
            DomainEventRow.kind.in_(_KINDS),
            DomainEventRow.customer_id.is_not(None),
        )
        .order_by(DomainEventRow.id)
        .limit(BATCH)
    ).all()
    bought = _times(conn, PurchaseRow, PurchaseRow.bought_at, [row.data.get("purchase") for row in rows])
    booked = _times(conn, AppointmentRow, AppointmentRow.starts_at, [row.data.get("appointment") for row in rows])
    return [_happened(row, bought, booked) for row in rows]


def _times(conn: Connection, table: Any, moment: Any, ids: Sequence[Any]) -> dict[int, datetime]:
    wanted = sorted({one for one in ids if isinstance(one, int)})
    if not wanted:
        return {}
    return {row[0]: row[1] for row in conn.execute(select(table.id, moment).where(table.id.in_(wanted)))}


def _happened(row: Any, bought: Mapping[int, datetime], booked: Mapping[int, datetime]) -> Happened:
    common = {
        "id": row.id,
        "kind": row.kind,
        "customer_id": row.customer_id,
        "interaction_id": row.interaction_id,
        "at": row.at,
    }
    if row.kind == WITHDRAWN:
        return Happened(**common, happened_at=row.at, key=f"event:{row.id}")
    if row.kind == CAPTURED:
        return Happened(
            **common,
            happened_at=moment_of(row.interaction_id) if row.medium is not None else None,
            key=f"interaction:{row.interaction_id}",
            medium=row.medium or "",
            direction=row.direction or "",
            interaction_kind=row.interaction_kind or "",
            detail=row.detail or {},
        )
    name, times = ("purchase", bought) if row.kind == BOUGHT else ("appointment", booked)
    number = row.data.get(name, 0)
    # An appointment of the day after tomorrow that is cancelled happens now.
    happened = min(times[number], row.at) if number in times else None
    if row.kind == "appointment.cancelled":
        happened = row.at
    return Happened(**common, happened_at=happened, key=f"{name}:{number}", about={name: number})


def unanswered(conn: Connection, since: datetime, until: datetime) -> list[tuple[int, int]]:
    """Returns conversations (number, customer) in which staff wrote last, between two moments, and nobody answered."""
    last = (
        select(func.max(InteractionRow.id))
        .where(InteractionRow.conversation_id == ConversationRow.id)
        .correlate(ConversationRow)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(ConversationRow.id, IdentityRow.customer_id)
        .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
        .join(MessageRow, MessageRow.interaction_id == last)
        .where(
            ConversationRow.state == "waiting",
            ConversationRow.merged_into.is_(None),
            ConversationRow.last_at > since,
            ConversationRow.last_at <= until,
            MessageRow.origin == Origin.REPLY.value,
        )
        .order_by(ConversationRow.id)
    )
    return [(row.id, row.customer_id) for row in rows]


def not_merged(conn: Connection, customers: Sequence[int]) -> set[int]:
    """Returns which of these customers are still their own."""
    return {row[0] for row in _THEIR_OWN(conn, sorted(set(customers)))}
