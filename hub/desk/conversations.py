"""Conversations: who looks after them, whether they are settled."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select, update

from hub.model.errors import NotFound, Refused
from hub.store import audit
from hub.store.audit import Actor
from hub.store.tables import ConversationRow, StaffRow

# Roles that may be given work.
ASSIGNABLE = ("agent", "admin")


def assign(conn: Connection, conversation_id: int, staff_id: int | None, by: Actor) -> None:
    """Gives a conversation to a staff member, or to nobody. Raises NotFound for either that is not there."""
    _require(conn, conversation_id)
    if staff_id is not None and not conn.scalar(
        select(exists().where(StaffRow.id == staff_id, StaffRow.disabled_at.is_(None), StaffRow.role.in_(ASSIGNABLE)))
    ):
        raise NotFound("There is no such staff member.")
    conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(assignee_id=staff_id))
    audit.note(conn, by, "conversation.assigned", f"conversation/{conversation_id}", {"to": staff_id})


def close(conn: Connection, conversation_id: int, by: Actor) -> None:
    """Marks a conversation as settled; the customer's next word opens it again. Raises NotFound."""
    _require(conn, conversation_id)
    conn.execute(
        update(ConversationRow).where(ConversationRow.id == conversation_id).values(state="closed", unread=False)
    )
    audit.note(conn, by, "conversation.closed", f"conversation/{conversation_id}")


def reopen(conn: Connection, conversation_id: int, by: Actor) -> None:
    """Opens a settled conversation again. Raises NotFound, and Refused where its number has another open one."""
    row = _require(conn, conversation_id)
    if row.merged_into is not None:
        raise Refused(
            "This conversation was joined with another.", next_step=f"Go on in conversation {row.merged_into}."
        )
    other = row.thread_key and conn.scalar(
        select(ConversationRow.id).where(
            ConversationRow.thread_key == row.thread_key,
            ConversationRow.state != "closed",
            ConversationRow.id != conversation_id,
        )
    )
    if other:
        raise Refused(
            "There is a newer open conversation with this number.", next_step=f"Go on in conversation {other}."
        )
    conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(state="open"))
    audit.note(conn, by, "conversation.reopened", f"conversation/{conversation_id}")


def mark_read(conn: Connection, conversation_id: int, *, unread: bool = False) -> None:
    """Marks a conversation as read, or as unread again. Raises NotFound."""
    _require(conn, conversation_id)
    conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(unread=unread))


def _require(conn: Connection, conversation_id: int) -> ConversationRow:
    row = conn.execute(
        select(ConversationRow.id, ConversationRow.thread_key, ConversationRow.merged_into).where(
            ConversationRow.id == conversation_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return row  # type: ignore[return-value]  # a row with these columns
