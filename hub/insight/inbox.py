"""The inbox: conversations by state, newest first, with who they are with and who looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from hub.insight.history import MEDIA
from hub.insight.paging import Page, one_of, page_of, read_time_cursor, time_cursor
from hub.insight.people import named
from hub.model.errors import NotFound
from hub.store import sensitive, sight, veil
from hub.store.interactions import by_ids
from hub.store.search import search
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, StaffRow

STATES = ("open", "waiting", "closed", "all")
# A search shows the conversations of this many newest hits, and of this many customers of that name.
_HITS = 500
_NAMED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLine:
    """One conversation as a list shows it; of a `sensitive` one a list says that there is one, and not what it says."""

    id: int
    customer_id: int
    customer_name: str
    identity_id: int
    scheme: str
    address: str
    channel: str
    medium: str
    subject: str
    preview: str
    state: str
    unread: bool
    assignee_id: int | None
    assignee_name: str
    opened_at: datetime
    last_at: datetime
    merged_into: int | None
    sensitive: bool = False
    hidden: bool = False

    @property
    def name(self) -> str:
        """The customer's name, else the address."""
        return self.customer_name or self.address


_LINES = (
    select(
        ConversationRow.id,
        IdentityRow.customer_id,
        CustomerRow.display_name.label("customer_name"),
        ConversationRow.identity_id,
        IdentityRow.scheme,
        IdentityRow.value.label("address"),
        ConversationRow.channel,
        ConversationRow.medium,
        ConversationRow.subject,
        ConversationRow.preview,
        ConversationRow.state,
        ConversationRow.unread,
        ConversationRow.assignee_id,
        func.coalesce(StaffRow.display_name, "").label("assignee_name"),
        ConversationRow.opened_at,
        ConversationRow.last_at,
        ConversationRow.merged_into,
    )
    .join(IdentityRow, IdentityRow.id == ConversationRow.identity_id)
    .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
    .outerjoin(StaffRow, StaffRow.id == ConversationRow.assignee_id)
)


def inbox(
    conn: Connection,
    *,
    state: str = "open",
    medium: str = "",
    assignee: int | None = None,
    unassigned: bool = False,
    words: str = "",
    customer_id: int | None = None,
    before: str = "",
    limit: int = 50,
) -> Page[ConversationLine]:
    """Returns conversations, the one with the newest entry first.

    `words`: those of which an entry holds all of them, or whose customer is called so. `before`: the cursor of an
    earlier page. Raises Refused for a state, medium or cursor that is none.
    """
    statement = _LINES.where(ConversationRow.merged_into.is_(None))
    if one_of(state, STATES, "state") != "all":
        statement = statement.where(ConversationRow.state == state)
    if medium:
        statement = statement.where(ConversationRow.medium == one_of(medium, MEDIA, "medium"))
    if unassigned:
        statement = statement.where(ConversationRow.assignee_id.is_(None))
    elif assignee is not None:
        statement = statement.where(ConversationRow.assignee_id == assignee)
    if customer_id is not None:
        statement = statement.where(IdentityRow.customer_id == customer_id)
    if words.strip():
        statement = statement.where(_about(conn, words))
    if after := read_time_cursor(before):
        at, row = after
        earlier = and_(ConversationRow.last_at == at, ConversationRow.id < row)
        statement = statement.where(or_(ConversationRow.last_at < at, earlier))
    ordered = statement.order_by(ConversationRow.last_at.desc(), ConversationRow.id.desc()).limit(limit + 1)
    lines = _listed(conn, [ConversationLine(**row._mapping) for row in conn.execute(ordered)])
    return page_of(lines, limit, lambda line: time_cursor(line.last_at, line.id))


def _listed(conn: Connection, lines: Sequence[ConversationLine]) -> list[ConversationLine]:
    """Takes the words out of health-class ones for everybody: whoever may read one opens it, which is noted."""
    unsaid = sensitive.conversations(conn, [line.id for line in lines])
    return [
        replace(line, subject="", preview="", sensitive=True, hidden=not sight.sees_everything())
        if line.id in unsaid
        else line
        for line in lines
    ]


def _about(conn: Connection, words: str) -> Any:
    hits = veil.findable(conn, by_ids(conn, search(conn, words, limit=_HITS)))
    conversations = sorted({row["conversation_id"] for row in hits if row["conversation_id"] is not None})
    people = select(CustomerRow.id).where(named(words)).order_by(CustomerRow.id.desc()).limit(_NAMED)
    return or_(ConversationRow.id.in_(conversations), IdentityRow.customer_id.in_(people))


def conversation(conn: Connection, conversation_id: int) -> ConversationLine:
    """Returns one conversation. Raises NotFound."""
    row = conn.execute(_LINES.where(ConversationRow.id == conversation_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    line = ConversationLine(**row._mapping)
    if line.id not in sensitive.conversations(conn, [line.id]):
        return line
    if sight.may_show(line.customer_id, f"conversation:{line.id}"):
        return replace(line, sensitive=True)
    return replace(line, subject="", preview="", sensitive=True, hidden=True)


def waiting_counts(conn: Connection) -> dict[str, int]:
    """Returns how many conversations are open and how many wait for the customer."""
    rows = conn.execute(
        select(ConversationRow.state, func.count().label("n"))
        .where(ConversationRow.state.in_(("open", "waiting")))
        .group_by(ConversationRow.state)
    )
    return {"open": 0, "waiting": 0} | {row.state: row.n for row in rows}


def following(conn: Connection, conversation_id: int | None, staff_id: int) -> int | None:
    """Returns the open conversation below this one in the inbox that is this staff member's or nobody's, else the first
    such; None where there is none.
    """
    lines = inbox(conn, limit=200).items
    others = [line for line in lines if line.id != conversation_id and line.assignee_id in (None, staff_id)]
    here = conn.scalar(select(ConversationRow.last_at).where(ConversationRow.id == (conversation_id or 0)))
    below = [line for line in others if here is not None and line.last_at < here]
    return next((line.id for line in (*below, *others)), None)
