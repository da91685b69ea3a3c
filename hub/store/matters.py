"""Matters: what is open with a customer and comes before any promotion."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from hub.model.contact import Medium
from hub.model.matter import Matter
from hub.model.opt_words import OptKind, recognise
from hub.store.tables import ConversationRow, IdentityRow, InteractionRow, TaskRow

# An open task of these kinds is an open complaint: somebody said so, or answered a survey with 0 to 6.
COMPLAINTS = ("complaint", "detractor")
_KEYWORDS = (OptKind.STOP, OptKind.START, OptKind.HELP)
_LAST_IN = (
    select(func.max(InteractionRow.id))
    .where(InteractionRow.conversation_id == ConversationRow.id, InteractionRow.direction == "in")
    .correlate(ConversationRow)
    .scalar_subquery()
)
_UNANSWERED = (
    select(
        IdentityRow.customer_id, ConversationRow.id, ConversationRow.last_at, InteractionRow.medium,
        InteractionRow.text,
    )
    .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
    .outerjoin(InteractionRow, InteractionRow.id == _LAST_IN)
    .where(IdentityRow.customer_id.in_(bindparam("customers", expanding=True)), ConversationRow.state == "open")
)  # fmt: skip
_COMPLAINED = select(TaskRow.customer_id, TaskRow.id, TaskRow.created_at).where(
    TaskRow.customer_id.in_(bindparam("customers", expanding=True)),
    TaskRow.state == "open",
    TaskRow.kind.in_(COMPLAINTS),
)


def open_with(conn: Connection, customers: Sequence[int]) -> dict[int, tuple[Matter, ...]]:
    """Returns the open complaints and the unanswered conversations of each customer that has any.

    What ends in STOP, START or HELP waits for nobody: the hub has answered it by itself.
    """
    found: dict[int, tuple[Matter, ...]] = {}
    if not customers:
        return found
    for row in conn.execute(_UNANSWERED, {"customers": customers}):
        if not _answered_by_itself(row.medium, row.text):
            _add(found, row.customer_id, Matter(kind="conversation", number=row.id, since=row.last_at))
    for customer, number, since in conn.execute(_COMPLAINED, {"customers": customers}):
        assert customer is not None, "the condition names customers"
        _add(found, customer, Matter(kind="complaint", number=number, since=since))
    return found


def _answered_by_itself(medium: str | None, text: str | None) -> bool:
    return medium is not None and recognise(text or "", medium=Medium(medium)).kind in _KEYWORDS


def _add(found: dict[int, tuple[Matter, ...]], customer: int, matter: Matter) -> None:
    found[customer] = (*found.get(customer, ()), matter)
