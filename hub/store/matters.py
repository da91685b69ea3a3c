"""Matters: what is open with a customer and comes before any promotion."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.model.contact import Medium
from hub.model.matter import Matter
from hub.model.opt_words import OptKind, recognise
from hub.store.question import Question, columns_of
from hub.store.tables import ConversationRow, IdentityRow, InteractionRow, TaskRow

# An open task of these kinds is an open complaint: somebody said so, or answered a survey with 0 to 6.
COMPLAINTS = ("complaint", "detractor")
_KEYWORDS = (OptKind.STOP, OptKind.START, OptKind.HELP)
_UNANSWERED = Question(
    columns_of(
        IdentityRow.customer_id, ConversationRow.id, ConversationRow.last_at, InteractionRow.medium, InteractionRow.text
    ),
    "identity JOIN conversation ON conversation.identity_id = identity.id"
    " LEFT JOIN interaction ON interaction.id = (SELECT max(last.id) FROM interaction AS last"
    " WHERE last.conversation_id = conversation.id AND last.direction = 'in')"
    " WHERE identity.customer_id {among} AND conversation.state = 'open'",
)
_COMPLAINED = Question(
    columns_of(TaskRow.customer_id, TaskRow.id, TaskRow.created_at),
    f"task WHERE task.customer_id {{among}} AND task.state = 'open' AND task.kind IN {COMPLAINTS}",
)


def open_with(conn: Connection, customers: Sequence[int]) -> dict[int, tuple[Matter, ...]]:
    """Returns the open complaints and the unanswered conversations of each customer that has any.

    What ends in STOP, START or HELP waits for nobody: the hub has answered it by itself; nor does a form that says
    nothing but who signed up.
    """
    found: dict[int, tuple[Matter, ...]] = {}
    for customer, number, last_at, medium, said in _UNANSWERED(conn, customers):
        if not _answered_by_itself(medium, said):
            _add(found, customer, Matter(kind="conversation", number=number, since=last_at))
    for customer, number, since in _COMPLAINED(conn, customers):
        _add(found, customer, Matter(kind="complaint", number=number, since=since))
    return found


def _answered_by_itself(medium: str | None, text: str | None) -> bool:
    if medium == Medium.FORM and not (text or "").strip():
        return True  # somebody signed up and asked for nothing
    return medium is not None and recognise(text or "", medium=Medium(medium)).kind in _KEYWORDS


def _add(found: dict[int, tuple[Matter, ...]], customer: int, matter: Matter) -> None:
    found[customer] = (*found.get(customer, ()), matter)
