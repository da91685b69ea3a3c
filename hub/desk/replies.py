"""Replies: what staff writes goes into the outbox, held for some seconds so that it can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, update

from hub.desk.drafts import Draft, DraftKind, Then
from hub.desk.outgoing import Queued, queue, repeated, settled
from hub.desk.recipients import Recipient, holder_of, inbound_count, person_of, recipient_of
from hub.desk.subjects import forward_subject
from hub.model.errors import Refused
from hub.store import audit, conversations
from hub.store.audit import Actor
from hub.store.conversations import Conversation
from hub.store.customers import hold_identities
from hub.store.tables import ConversationRow

__all__ = ["Queued", "Recipient", "inbound_count", "person_of", "queue_letter", "queue_message", "queue_reply"]

_STATES = {Then.WAIT: "waiting", Then.CLOSE: "closed", Then.OPEN: "open"}
_PREVIEW = 140


def queue_reply(conn: Connection, conversation_id: int, draft: Draft, by: Actor) -> Queued:
    """Puts an answer, or a forward, into the outbox, in the thread of its conversation; returns when it leaves.

    Raises NotFound, and Refused where it cannot be sent so or something new came in meanwhile (field `seen`).
    """
    to = recipient_of(conn, conversation_id, draft.about)
    if known := repeated(conn, draft):
        return known
    if draft.seen is not None and to.came_in > draft.seen:
        raise Refused(
            "Something new came in while you were writing.",
            field="seen",
            next_step="Read it first; then send your answer as it is, or change it.",
        )
    if draft.kind is DraftKind.FORWARD:
        to = _forwarded_to(conn, to, draft, by.at)
    queued = queue(conn, to, settled(to, draft), by, conversation_id)
    talk = update(ConversationRow).where(ConversationRow.id == conversation_id)
    conn.execute(talk.values(state=_STATES[draft.then], unread=False))
    conn.execute(talk.where(ConversationRow.assignee_id.is_(None)).values(assignee_id=by.staff_id))
    audit.note(conn, by, "reply.queued", f"conversation/{conversation_id}", {"message": queued.id})
    return queued


def queue_message(conn: Connection, customer_id: int, identity_id: int, draft: Draft, by: Actor) -> Queued:
    """Puts a new message to one address of a customer into the outbox. Raises NotFound and Refused."""
    to = person_of(conn, customer_id, identity_id)
    if draft.to and draft.to[0].identity != to.identity:
        return queue_letter(conn, draft, by)
    return _begin(conn, to, draft, by)


def queue_letter(conn: Connection, draft: Draft, by: Actor) -> Queued:
    """Puts a new mail into the outbox, to whatever addresses stand in it; a stranger becomes a customer.

    Raises Refused.
    """
    if known := repeated(conn, draft):
        return known
    if not draft.to:
        raise Refused("This goes to nobody yet.", field="to", next_step="Write an address into To.")
    held = hold_identities(conn, draft.to[:1], by.at)[draft.to[0].identity]
    return _begin(conn, holder_of(conn, held.identity_id), draft, by)


def _begin(conn: Connection, to: Recipient, draft: Draft, by: Actor) -> Queued:
    if known := repeated(conn, draft):
        return known
    draft = settled(to, replace(draft, kind=DraftKind.NEW, seen=None))
    mail = to.identity.scheme == "mailto"
    if mail and not draft.subject.strip():
        raise Refused("A new mail needs a subject.", field="subject", next_step="Say in a few words what it is about.")
    conversation_id = _opened(conn, to, draft, by) if mail else None
    queued = queue(conn, to, draft, by, conversation_id)
    audit.note(conn, by, "message.queued", f"customer/{to.customer_id}", {"message": queued.id})
    return queued


def _opened(conn: Connection, to: Recipient, draft: Draft, by: Actor) -> int:
    """Opens the conversation of a new mail: those who get it share it, and its answers find it."""
    talk = Conversation(
        identity_id=to.identity_id,
        channel=draft.channel,
        medium="email",
        opened_at=by.at,
        last_at=by.at,
        subject=draft.subject[:300],
        preview=" ".join(draft.text[:400].split())[:_PREVIEW],
        state=_STATES[draft.then],
    )
    conversations.store(conn, [talk])
    conn.execute(update(ConversationRow).where(ConversationRow.id == talk.id).values(assignee_id=by.staff_id))
    return talk.id


def _forwarded_to(conn: Connection, asked: Recipient, draft: Draft, now: datetime) -> Recipient:
    """Returns whom a forward goes to; it stays in the conversation of what it forwards. Raises Refused."""
    if not draft.to:
        raise Refused("This goes to nobody yet.", field="to", next_step="Write an address into To.")
    held = hold_identities(conn, draft.to[:1], now)[draft.to[0].identity]
    return replace(holder_of(conn, held.identity_id), language=asked.language, subject=forward_subject(asked.subject))
