"""Days that records make: so long after a purchase, since the last one, since a request that went no further."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, exists, or_, select, type_coerce

from hub.model.contact import Medium
from hub.model.outbound import State
from hub.model.purchase import PAID
from hub.store import sensitive
from hub.store.tables import (
    AppointmentRow,
    ConversationRow,
    IdentityRow,
    MessageRow,
    PurchaseLineRow,
    PurchaseRow,
)
from hub.store.tables.base import aliased

PURCHASE: Final = "purchase"
LAPSE: Final = "lapse"
INQUIRY: Final = "inquiry"
# What is bought within a day of it, in milliseconds, is one visit.
_ONE_VISIT = 86_400_000
# Who answered a form and went no further: we wrote last and wait for them.
_WAITING = "waiting"
_NEVER_SENT = (State.CANCELLED.value, State.SUPPRESSED.value, State.EXPIRED.value)
After = tuple[datetime, int] | None
_PURCHASE = (PurchaseRow.id, PurchaseRow.customer_id, PurchaseRow.bought_at)


def bought(conn: Connection, first: datetime, end: datetime, *, after: After = None, limit: int = 250) -> list[Any]:
    """Returns paid purchases of a span, the last of each visit, the earliest first (id, customer_id, at)."""
    later = aliased(PurchaseRow)
    followed = exists().where(
        later.customer_id == PurchaseRow.customer_id,
        later.state == PAID,
        type_coerce(later.bought_at, BigInteger) < type_coerce(PurchaseRow.bought_at, BigInteger) + _ONE_VISIT,
        _comes_after(later),
    )
    return _purchases(conn, first, end, ~followed, after, limit)


def lapsed(conn: Connection, first: datetime, end: datetime, *, after: After = None, limit: int = 250) -> list[Any]:
    """Returns the paid purchases of a span that are their customer's last, the earliest first (id, customer_id, at)."""
    return _purchases(conn, first, end, ~_bought_since(), after, limit)


def _bought_since() -> ColumnElement[bool]:
    later = aliased(PurchaseRow)
    return exists().where(later.customer_id == PurchaseRow.customer_id, later.state == PAID, _comes_after(later))


def _comes_after(later: Any) -> ColumnElement[bool]:
    at = later.bought_at
    return or_(at > PurchaseRow.bought_at, and_(at == PurchaseRow.bought_at, later.id > PurchaseRow.id))


def _purchases(
    conn: Connection, first: datetime, end: datetime, which: ColumnElement[bool], after: After, limit: int
) -> list[Any]:
    at = PurchaseRow.bought_at
    statement = select(PurchaseRow.id, PurchaseRow.customer_id, at.label("at")).where(
        at >= first, at < end, PurchaseRow.state == PAID, which
    )
    return _page(conn, statement, at, PurchaseRow.id, after, limit)


def inquiries(conn: Connection, first: datetime, end: datetime, *, after: After = None, limit: int = 250) -> list[Any]:
    """Returns the requests by a form that wait for their customer since a span, the earliest first."""
    at = ConversationRow.last_at
    statement = (
        select(ConversationRow.id, IdentityRow.customer_id, at.label("at"))
        .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
        .where(at >= first, at < end, *_waits(), ~_came_of_it())
    )
    return _page(conn, statement, at, ConversationRow.id, after, limit)


def _waits() -> tuple[ColumnElement[bool], ...]:
    form = ConversationRow.medium == Medium.FORM.value
    return form, ConversationRow.state == _WAITING, ConversationRow.merged_into.is_(None)


def _came_of_it() -> ColumnElement[bool]:
    """Says whether the customer bought or booked something since they asked."""
    bought = exists().where(
        PurchaseRow.customer_id == IdentityRow.customer_id,
        PurchaseRow.state == PAID,
        PurchaseRow.bought_at >= ConversationRow.opened_at,
    )
    booked = exists().where(
        AppointmentRow.customer_id == IdentityRow.customer_id,
        AppointmentRow.created_at >= ConversationRow.opened_at,
    )
    return or_(bought, booked)


def _page(
    conn: Connection, statement: Select[*tuple[Any, ...]], at: Any, number: Any, after: After, limit: int
) -> list[Any]:
    if after is not None:
        statement = statement.where(or_(at > after[0], and_(at == after[0], number > after[1])))
    return list(conn.execute(statement.order_by(at, number).limit(limit)))


def stand(conn: Connection, about: str, ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """Returns how purchases, last purchases and requests stand: since when, and "due" while it is still so."""
    if about == INQUIRY:
        rows = conn.execute(
            select(
                ConversationRow.id, ConversationRow.last_at, and_(*_waits()).label("waits"), _came_of_it().label("done")
            )
            .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
            .where(ConversationRow.id.in_(ids))
        )
        return {row.id: (row.last_at, "done" if row.done else "due" if row.waits else "answered") for row in rows}
    found = conn.execute(
        select(*_PURCHASE, PurchaseRow.state, _bought_since().label("followed")).where(PurchaseRow.id.in_(ids))
    )
    return {row.id: (row.bought_at, _stands(about, row.state, row.followed)) for row in found}


def _stands(about: str, state: str, followed: bool) -> str:
    if state != PAID:
        return "undone"
    return "bought" if about == LAPSE and followed else "due"


def asked_lately(conn: Connection, rule_id: int, about: str, customers: Sequence[int], since: datetime) -> set[int]:
    """Returns who of these customers had a message of a rule since then."""
    if not customers:
        return set()
    return set(
        conn.scalars(
            select(MessageRow.customer_id).where(
                MessageRow.customer_id.in_(customers),
                MessageRow.about == about,
                MessageRow.due_at >= since,
                MessageRow.state.not_in(_NEVER_SENT),
                MessageRow.dedupe_key.startswith(f"rule:{rule_id}:", autoescape=True),
            )
        )
    )


def told_of(conn: Connection, purchases: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns what templates may say of purchases: what was bought first, its category, when and for how much."""
    if not purchases:
        return {}
    rows = conn.execute(
        select(*_PURCHASE, PurchaseRow.amount, PurchaseRow.currency).where(PurchaseRow.id.in_(purchases))
    )
    found = {row.id: {**row._mapping, "what": "", "category": ""} for row in rows}
    lines = conn.execute(
        select(PurchaseLineRow.purchase_id, PurchaseLineRow.name, PurchaseLineRow.category)
        .where(PurchaseLineRow.purchase_id.in_(purchases))
        .order_by(PurchaseLineRow.purchase_id, PurchaseLineRow.line.desc())
    )
    for line in lines:
        found[line.purchase_id] |= {"what": line.name, "category": line.category}
    return found


def asked_about(conn: Connection, conversations: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns what templates may say of requests: what they were about and when they were made."""
    if not conversations:
        return {}
    columns = (ConversationRow.id, ConversationRow.subject, ConversationRow.opened_at)
    rows = conn.execute(select(*columns).where(ConversationRow.id.in_(conversations)))
    unsaid = sensitive.conversations(conn, conversations)
    return {row.id: {**row._mapping, **({"subject": ""} if row.id in unsaid else {})} for row in rows}
