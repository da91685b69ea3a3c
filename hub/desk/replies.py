"""Replies: what staff writes becomes a row in the outbox, held for some seconds so that it can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from hub.desk.drafts import Draft, checked
from hub.desk.subjects import answer_subject
from hub.model.errors import NotFound, Refused
from hub.model.identity import Identity
from hub.model.outbound import WAITING, Origin, Purpose, State
from hub.store import audit, blobs, interactions, outbox
from hub.store.audit import Actor
from hub.store.tables import ConversationRow, CustomerRow, IdentityRow, InteractionRow, MessageRow

HOLD = timedelta(seconds=10)
VALID = timedelta(days=3)
# A References header keeps the first and the newest ids (RFC 5322 section 3.6.4 sets no limit, servers do).
_MOST_REFERENCES = 20
_SENDABLE = frozenset({"mailto", "tel", "whatsapp", "sms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom an answer goes to, and in which thread; `came_in`: how many entries of it came in so far."""

    identity_id: int
    identity: Identity
    customer_id: int
    name: str
    language: str
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    came_in: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message in the outbox; nothing of it leaves before `due_at`. `repeated`: it was there already."""

    id: int
    due_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was taken back, for the writer to go on with."""

    id: int
    customer_id: int
    identity_id: int
    conversation_id: int | None
    subject: str
    text: str


def recipient_of(conn: Connection, conversation_id: int) -> Recipient:
    """Returns whom an answer in a conversation goes to: who wrote last, else whom the conversation is with.

    Raises NotFound for an unknown conversation, Refused where nobody can be written to.
    """
    talk = conn.execute(
        select(ConversationRow.identity_id, ConversationRow.subject).where(ConversationRow.id == conversation_id)
    ).one_or_none()
    if talk is None:
        raise NotFound(f"There is no conversation {conversation_id}.")
    rows = interactions.of_conversation(conn, conversation_id, limit=50)
    written = [row for row in rows if row["medium"] != "note" and row["kind"] == "message"]
    theirs = next((row for row in written if row["direction"] == "in"), None)
    to = _person(conn, theirs["identity_id"] if theirs else talk.identity_id)
    mails = [row for row in written if row["medium"] == "email" and row["external_id"]]
    last = next((row for row in mails if row["direction"] == "in"), mails[0] if mails else None)
    return Recipient(
        **to,
        subject=answer_subject((last["subject"] if last else "") or talk.subject),
        in_reply_to=last["external_id"] if last else "",
        references=_references(last) if last else (),
        came_in=inbound_count(conn, conversation_id),
    )


def queue_reply(conn: Connection, conversation_id: int, draft: Draft, by: Actor) -> Queued:
    """Puts an answer into the outbox, in the thread of its conversation; returns when it leaves.

    Raises NotFound, and Refused where it cannot be sent so or something new came in meanwhile (field `seen`).
    """
    to = recipient_of(conn, conversation_id)
    if repeated := _repeated(conn, draft):
        return repeated
    if draft.seen is not None and to.came_in > draft.seen:
        raise Refused(
            "Something new came in while you were writing.",
            field="seen",
            next_step="Read it first; then send your answer as it is, or change it.",
        )
    subject = draft.subject or to.subject
    queued = _queue(conn, to, draft, subject, by, conversation_id)
    if queued.repeated:
        return queued
    talk = update(ConversationRow).where(ConversationRow.id == conversation_id)
    conn.execute(talk.values(state="closed" if draft.close else "waiting", unread=False))
    conn.execute(talk.where(ConversationRow.assignee_id.is_(None)).values(assignee_id=by.staff_id))
    audit.note(conn, by, "reply.queued", f"conversation/{conversation_id}", {"message": queued.id})
    return queued


def queue_message(conn: Connection, customer_id: int, identity_id: int, draft: Draft, by: Actor) -> Queued:
    """Puts a new message to one address of a customer into the outbox. Raises NotFound and Refused."""
    to = person_of(conn, customer_id, identity_id)
    if repeated := _repeated(conn, draft):
        return repeated
    if to.identity.scheme == "mailto" and not draft.subject.strip():
        raise Refused("A new mail needs a subject.", field="subject", next_step="Say in a few words what it is about.")
    queued = _queue(conn, to, draft, draft.subject, by, None)
    if not queued.repeated:
        audit.note(conn, by, "message.queued", f"customer/{customer_id}", {"message": queued.id})
    return queued


def take_back(conn: Connection, message_id: int, by: Actor) -> TakenBack:
    """Cancels a message of staff's that has not left yet. Raises NotFound, and Refused when it is too late."""
    row = conn.execute(
        select(
            MessageRow.id,
            MessageRow.customer_id,
            MessageRow.identity_id,
            MessageRow.conversation_id,
            MessageRow.content,
            MessageRow.state,
        ).where(MessageRow.id == message_id, MessageRow.origin == Origin.REPLY.value)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no answer {message_id}.")
    why = "undo"
    cancelled = conn.execute(
        update(MessageRow)
        .where(MessageRow.id == message_id, MessageRow.state.in_([state.value for state in WAITING]))
        .values(state=State.CANCELLED.value, reason=why)
    )
    if cancelled.rowcount == 1:
        outbox.note_steps(
            conn, [{"message_id": message_id, "state": State.CANCELLED.value, "reason": why, "at": by.at}]
        )
        if row.conversation_id is not None:
            _open_again(conn, row.conversation_id)
        audit.note(conn, by, "reply.taken_back", f"message/{message_id}")
    elif row.state != State.CANCELLED.value:
        raise Refused("This message has left already.", next_step="Write another one.")
    return TakenBack(
        id=row.id,
        customer_id=row.customer_id,
        identity_id=row.identity_id,
        conversation_id=row.conversation_id,
        subject=str(row.content.get("subject", "")),
        text=str(row.content.get("draft", row.content.get("text", ""))),
    )


def _open_again(conn: Connection, conversation_id: int) -> None:
    """Opens a conversation again, unless its number has an open one meanwhile: there is one a number."""
    talk = conn.execute(
        select(ConversationRow.thread_key, ConversationRow.state).where(ConversationRow.id == conversation_id)
    ).one()
    other = talk.thread_key and conn.scalar(
        select(ConversationRow.id).where(
            ConversationRow.thread_key == talk.thread_key,
            ConversationRow.state != "closed",
            ConversationRow.id != conversation_id,
        )
    )
    if not other:
        conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(state="open"))


def person_of(conn: Connection, customer_id: int, identity_id: int) -> Recipient:
    """Returns whom a message to one open identity of a customer goes to. Raises NotFound and Refused."""
    held = conn.scalar(
        select(IdentityRow.id).where(
            IdentityRow.id == identity_id, IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None)
        )
    )
    if held is None:
        raise NotFound(f"Customer {customer_id} holds no identity {identity_id}.")
    return Recipient(**_person(conn, identity_id))


def _person(conn: Connection, identity_id: int) -> dict[str, Any]:
    row = conn.execute(
        select(
            IdentityRow.id, IdentityRow.scheme, IdentityRow.value, IdentityRow.customer_id, CustomerRow.display_name,
            CustomerRow.language,
        )
        .join(CustomerRow, CustomerRow.id == IdentityRow.customer_id)
        .where(IdentityRow.id == identity_id)
    ).one()  # fmt: skip
    if row.scheme not in _SENDABLE:
        raise Refused(
            f"{row.scheme}:{row.value} is no address that can be written to.",
            field="identity",
            next_step="Add an e-mail address or a phone number to the customer, and write to that.",
        )
    return {
        "identity_id": row.id,
        "identity": Identity(row.scheme, row.value),
        "customer_id": row.customer_id,
        "name": row.display_name,
        "language": row.language,
    }


def _references(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the chain that an answer refers to: what the mail refers to, then the mail (RFC 5322 section 3.6.4)."""
    detail = row["detail"] or {}
    chain = [*detail.get("references", ()), detail.get("in_reply_to", ""), row["external_id"]]
    ids = list(dict.fromkeys(str(ref) for ref in reversed(chain) if ref))[::-1]
    return (ids[0], *ids[-_MOST_REFERENCES + 1 :]) if len(ids) > _MOST_REFERENCES else tuple(ids)


def _repeated(conn: Connection, draft: Draft) -> Queued | None:
    """Returns the message that this draft became already. Raises Refused when that was taken back."""
    row = conn.execute(
        select(MessageRow.id, MessageRow.due_at, MessageRow.state).where(MessageRow.dedupe_key == f"reply:{draft.id}")
    ).one_or_none()
    if row is not None and row.state == State.CANCELLED.value:
        raise Refused("This draft was taken back.", field="draft", next_step="Send it once more from here.")
    return Queued(id=row.id, due_at=row.due_at, repeated=True) if row is not None else None


def _queue(
    conn: Connection, to: Recipient, draft: Draft, subject: str, by: Actor, conversation_id: int | None
) -> Queued:
    mail = to.identity.scheme == "mailto"
    # A subject of the writer's own is cleaned like the text; an empty one stays empty.
    written = checked(replace(draft, subject=subject), to.identity.scheme)
    row = {
        "dedupe_key": f"reply:{draft.id}",
        "origin": Origin.REPLY.value,
        "purpose": Purpose.SERVICE.value,
        "channel": draft.channel,
        "customer_id": to.customer_id,
        "identity_id": to.identity_id,
        "conversation_id": conversation_id,
        "staff_id": by.staff_id,
        "content": {
            "subject": written.subject,
            "text": written.text,
            "html": "",
            "draft": draft.text,
            "in_reply_to": to.in_reply_to if mail else "",
            "references": list(to.references) if mail else [],
            "attachments": [
                {"sha256": file.sha256, "filename": file.filename, "content_type": file.content_type}
                for file in draft.files
            ],
            "language": to.language,
            "to_name": to.name,
        },
        "rfc_message_id": f"reply.{draft.id}@{draft.domain}" if mail else "",
        "state": State.READY.value,
        "due_at": by.at + HOLD,
        "expires_at": by.at + VALID,
        "planned_at": by.at,
    }
    outbox.plan_messages(conn, [row])
    stored = conn.execute(
        select(MessageRow.id, MessageRow.due_at).where(MessageRow.dedupe_key == row["dedupe_key"])
    ).one()
    blobs.refer(conn, [(file.sha256, file.size) for file in draft.files], by.at)
    step = {"message_id": stored.id, "state": State.READY.value, "reason": f"written by {by.name}", "at": by.at}
    outbox.note_steps(conn, [step])
    return Queued(id=stored.id, due_at=stored.due_at)


def inbound_count(conn: Connection, conversation_id: int) -> int:
    """Returns how many entries of a conversation came in: what a composer says its writer has seen.

    A count, not the newest id: a mail that took long is dated before what was seen.
    """
    statement = select(func.count()).where(
        InteractionRow.conversation_id == conversation_id, InteractionRow.direction == "in"
    )
    return conn.scalar(statement) or 0
