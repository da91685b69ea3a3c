"""Notes: what staff writes down for each other; an entry of the timeline that never leaves the house."""

from __future__ import annotations

from sqlalchemy import Connection, select

from hub.model.clean import clean_text
from hub.model.contact import Direction, Medium, Trust
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.store import audit, customers, interactions, jobs
from hub.store.audit import Actor
from hub.store.tables import ConversationRow, IdentityRow

CHANNEL = "desk"
_LONGEST = 20_000


def note_conversation(conn: Connection, conversation_id: int, text: str, by: Actor, *, draft_id: str) -> int:
    """Adds a note to a conversation; returns its interaction. Raises NotFound and Refused."""
    identity_id = conn.scalar(select(ConversationRow.identity_id).where(ConversationRow.id == conversation_id))
    if identity_id is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    return _append(conn, identity_id, conversation_id, text, by, draft_id)


def note_customer(conn: Connection, customer_id: int, text: str, by: Actor, *, draft_id: str) -> int:
    """Adds a note to a customer; returns its interaction. Raises NotFound and Refused."""
    customers.require(conn, customer_id)
    return _append(conn, own_identity(conn, customer_id, by), None, text, by, draft_id)


def own_identity(conn: Connection, customer_id: int, by: Actor) -> int:
    """Returns an identity of a customer to which an entry can refer: the first they hold, else the hub's own."""
    held = conn.scalar(
        select(IdentityRow.id)
        .where(IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None))
        .order_by(IdentityRow.id)
        .limit(1)
    )
    if held is not None:
        return held
    return customers.add_identity(conn, customer_id, Identity("hub", str(customer_id)), by.at)


def _append(
    conn: Connection, identity_id: int, conversation_id: int | None, text: str, by: Actor, draft_id: str
) -> int:
    text = clean_text(text).strip()
    if not text:
        raise Refused("There is nothing to note yet.", field="text", next_step="Write something first.")
    if len(text) > _LONGEST:
        raise Refused(f"A note has at most {_LONGEST} characters.", field="text", next_step="Shorten it.")
    key = f"note:{draft_id[:64]}" if draft_id else None
    row = interactions.new_interaction(
        occurred_at=by.at,
        received_at=by.at,
        identity_id=identity_id,
        channel=CHANNEL,
        medium=Medium.NOTE.value,
        conversation_id=conversation_id,
        direction=Direction.OUT.value,
        trust=Trust.SIGNED.value,
        content_key=key,
        text=text,
        detail={"author": str(by.staff_id or ""), "author_name": by.name},
        customer_why="written on this customer's page" if conversation_id is None else "written in this conversation",
        conversation_why="" if conversation_id is None else "written in this conversation",
    )
    if key and (known := interactions.find_by_content(conn, [key])):
        return known[key]
    [note] = interactions.append(conn, [row])
    holder = conn.scalar(select(IdentityRow.customer_id).where(IdentityRow.id == identity_id))
    jobs.emit(conn, [{"kind": "note.added", "customer_id": holder, "interaction_id": note, "data": {}, "at": by.at}])
    audit.note(conn, by, "note.added", f"interaction/{note}")
    return note
