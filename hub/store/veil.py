"""The veil: what of health-class things the reader of a page or an answer is shown (hub.store.sight decides who).

Everything that tells staff of customers asks here: the card, timelines, conversations, lists, search, files, tasks,
messages, segments. Whoever may not see something learns at most that there is something.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from hub.model.errors import NotAllowed, NotFound
from hub.model.segment import Segment
from hub.store import interactions as stored
from hub.store import sight
from hub.store.sensitive import Marks, about, conversations, interactions, marks
from hub.store.tables import ConversationRow, IdentityRow, InteractionRow


def facts_shown(conn: Connection, customer_id: int, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the facts of a customer that the reader may see; that they were shown health-class ones is noted."""
    if not facts:
        return {}
    marked = marks(conn).facts
    return {
        name: value
        for name, value in facts.items()
        if name.casefold() not in marked or sight.may_show(customer_id, f"fact:{name}")
    }


def require_sight(conn: Connection, segment: Segment) -> None:
    """Raises NotAllowed where a segment asks about something health-class and the reader may not see it."""
    if not sight.sees_everything() and (what := about(conn, segment)):
        raise NotAllowed(
            f"This asks about {what!r}, which is about health.",
            next_step="Ask an administrator who may see such facts.",
        )


def note_shown(conn: Connection, segment: Segment, customers: Collection[int]) -> None:
    """Notes that the reader was shown whether customers are in a segment that asks about something health-class."""
    if sight.is_noted() and (what := about(conn, segment)):
        for customer in customers:
            sight.may_show(customer, f"fact:{what}")


def may_ask(conn: Connection, segment: Segment) -> bool:
    """Whether the reader may learn who is in a segment."""
    return sight.sees_everything() or not about(conn, segment)


def require_facts(conn: Connection, names: Collection[str]) -> None:
    """Raises NotAllowed where facts to be changed are health-class and who changes them may not see them."""
    if sight.sees_everything() or not names:
        return
    marked = marks(conn).facts
    if hidden := sorted(name for name in names if name.casefold() in marked):
        raise NotAllowed(
            f"The fact {hidden[0]!r} is about health.", next_step="Ask an administrator who may see such facts."
        )


def hidden(conn: Connection, rows: Sequence[Mapping[str, Any]], customers: Mapping[int, int]) -> set[int]:
    """Returns the ids of those interactions that the reader must not see; of those they may, it is noted.

    `customers`: whose each identity is.
    """
    return {
        row["id"]
        for row in _among(rows, interactions(conn, rows))
        if not sight.may_show(customers[row["identity_id"]], _place(row))
    }


def findable(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the interactions that the reader may find by their words: where a word stands tells that it does."""
    if sight.sees_everything():
        return list(rows)
    unseen = interactions(conn, rows)
    return [row for row in rows if row["id"] not in unseen]


def require_interaction(conn: Connection, interaction_id: int) -> None:
    """Raises NotFound for an interaction that the reader must not see: its files, its HTML and its payload."""
    row = conn.execute(
        select(
            InteractionRow.id, InteractionRow.conversation_id, InteractionRow.channel, InteractionRow.medium,
            InteractionRow.detail, InteractionRow.identity_id, IdentityRow.customer_id,
        )
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(InteractionRow.id == interaction_id)
    ).mappings().one_or_none()  # fmt: skip
    if row is not None and hidden(conn, [dict(row)], {row["identity_id"]: row["customer_id"]}):
        raise NotFound("There is nothing at this address.")


def may_read_talk(conn: Connection, conversation_id: int | None, known: Marks | None = None) -> bool:
    """Whether the reader may see what is said in a conversation; that they were shown it is noted."""
    if conversation_id not in conversations(conn, [conversation_id], known):
        return True
    customer = conn.scalar(
        select(IdentityRow.customer_id)
        .join(ConversationRow, ConversationRow.identity_id == IdentityRow.id)
        .where(ConversationRow.id == conversation_id)
    )
    return sight.may_show(customer or 0, f"conversation:{conversation_id}")


def require_talk(conn: Connection, conversation_id: int | None) -> None:
    """Raises NotAllowed for a conversation that the reader must not see."""
    if not may_read_talk(conn, conversation_id):
        raise NotAllowed(
            "This conversation is about health.", next_step="Ask an administrator who may see such conversations."
        )


def require_channel(conn: Connection, channel: str) -> None:
    """Raises NotAllowed for what came by a marked channel and has no customer yet."""
    if not sight.sees_everything() and channel in marks(conn).channels:
        raise NotAllowed(
            f"What comes by {channel} is about health.", next_step="Ask an administrator who may see such things."
        )


def _among(rows: Sequence[Mapping[str, Any]], ids: set[int]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["id"] in ids]


def _place(row: Mapping[str, Any]) -> str:
    talk = row["conversation_id"]
    return f"conversation:{talk}" if talk is not None else f"interaction:{row['id']}"


def arrival(conn: Connection, arrival_id: int) -> dict[str, Any] | None:
    """Returns an arrival with its raw. Raises NotAllowed for one that the reader may not see."""
    row = stored.arrival(conn, arrival_id)
    if row is not None:
        require_channel(conn, row["channel"])
    return row
