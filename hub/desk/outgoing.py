"""Outgoing: a draft becomes rows of the outbox, one a recipient, all of one mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.desk.addressing import each_once
from hub.desk.drafts import Draft, DraftFile, checked, leaves_at
from hub.desk.letter_html import letter_html
from hub.desk.recipients import Recipient
from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.outbound import Origin, Purpose, State
from hub.store import blobs, jobs, outbox
from hub.store.audit import Actor
from hub.store.customers import Held, hold_identities
from hub.store.tables import MessageRow

VALID = timedelta(days=3)
SENT_COPY = "sent_copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message in the outbox; nothing of it leaves before `due_at`. `repeated`: it was there already."""

    id: int
    due_at: datetime
    conversation_id: int | None = None
    repeated: bool = False


def repeated(conn: Connection, draft: Draft) -> Queued | None:
    """Returns the message that this draft became already. Raises Refused when that was taken back."""
    row = conn.execute(
        select(MessageRow.id, MessageRow.due_at, MessageRow.state, MessageRow.conversation_id).where(
            MessageRow.dedupe_key == dedupe_key(draft.id)
        )
    ).one_or_none()
    if row is not None and row.state == State.CANCELLED.value:
        raise Refused("This draft was taken back.", field="draft", next_step="Send it once more from here.")
    if row is None:
        return None
    return Queued(id=row.id, due_at=row.due_at, conversation_id=row.conversation_id, repeated=True)


def dedupe_key(draft_id: str, number: int = 0) -> str:
    """Returns the key of a draft's message: of the one to its first recipient, or of a further one."""
    return f"reply:{draft_id}:{number}" if number else f"reply:{draft_id}"


def settled(to: Recipient, draft: Draft) -> Draft:
    """Returns the draft with everybody it goes to named once, and its subject. Raises Refused."""
    if to.identity.scheme != "mailto":
        return draft
    everybody, cc, bcc = each_once(draft.to or to.to or (to.party,), draft.cc, draft.bcc)
    for field, line in (("to", everybody), ("cc", cc), ("bcc", bcc)):
        if odd := next((party for party in line if party.identity.scheme != "mailto"), None):
            raise Refused(f"{odd.identity} gets no mail.", field=field)
    return replace(draft, to=everybody, cc=cc, bcc=bcc, subject=draft.subject or to.subject)


def queue(conn: Connection, to: Recipient, draft: Draft, by: Actor, conversation_id: int | None) -> Queued:
    """Puts a settled draft into the outbox, a row for each who gets it. Raises Refused and TooLarge."""
    mail = to.identity.scheme == "mailto"
    written = checked(draft, to.identity.scheme)
    content = _mail(to, draft, written.subject, written.text) if mail else _text(to, draft, written.text)
    due_at = leaves_at(draft, by.at)
    content["written"] = {"text": draft.text, "subject": draft.subject, **draft.written}
    everybody = (*draft.to, *draft.cc, *draft.bcc) if mail else (to.party,)
    held = _held(conn, to, everybody, by.at)
    first = held[everybody[0].identity]
    rows = [
        {
            "dedupe_key": dedupe_key(draft.id, number),
            "origin": Origin.REPLY.value,
            "purpose": Purpose.SERVICE.value,
            "channel": draft.channel,
            "customer_id": held[party.identity].customer_id,
            "identity_id": held[party.identity].identity_id,
            "conversation_id": conversation_id,
            "staff_id": by.staff_id,
            "template": "" if mail else draft.template,
            "content": {
                **content,
                "to_name": party.display_name,
                "first_identity": first.identity_id,
                "copies": len(everybody) - 1,
            },
            "rfc_message_id": (draft.message_id or f"reply.{draft.id}@localhost") if mail else "",
            "state": State.READY.value,
            "due_at": due_at,
            "expires_at": due_at + VALID,
            "planned_at": by.at,
        }
        for number, party in enumerate(everybody)
    ]
    outbox.plan_messages(conn, rows)
    keys = [row["dedupe_key"] for row in rows]
    stored = {
        row.dedupe_key: row
        for row in conn.execute(
            select(MessageRow.dedupe_key, MessageRow.id, MessageRow.due_at).where(MessageRow.dedupe_key.in_(keys))
        )
    }
    blobs.refer(conn, [(file.sha256, file.size) for file in draft.files for _ in rows], by.at)
    step = {"state": State.READY.value, "reason": f"written by {by.name}", "at": by.at}
    outbox.note_steps(conn, [{"message_id": stored[key].id, **step} for key in keys])
    own = stored[keys[0]]
    if mail and draft.keeper:
        payload = {"message": str(own.id), "mailbox": draft.keeper}
        jobs.enqueue(conn, SENT_COPY, [(str(own.id), payload)], own.due_at)
    return Queued(id=own.id, due_at=own.due_at, conversation_id=conversation_id)


def _held(conn: Connection, to: Recipient, everybody: Sequence[Party], now: datetime) -> dict[Any, Held]:
    """Returns who holds each address; a stranger who is written to becomes a customer, whom a reply will find."""
    held = {to.identity: Held(to.identity_id, to.customer_id)}
    others = [party for party in everybody if party.identity not in held]
    return held | hold_identities(conn, others, now, language=to.language)


def _mail(to: Recipient, draft: Draft, subject: str, text: str) -> dict[str, Any]:
    answers = draft.kind.answers
    below = draft.below.strip("\n")
    return {
        "subject": subject,
        "text": f"{text}\n\n{below}".strip("\n") if below else text,
        # So much of the text is new: the rest is the older mail, which the history shows folded.
        "new_length": len(text),
        "html": letter_html(text, below),
        "in_reply_to": to.in_reply_to if answers else "",
        "references": list(to.references) if answers else [],
        "to": _named(draft.to),
        "cc": _named(draft.cc),
        "bcc": _named(draft.bcc),
        "reply_to": draft.reply_to,
        "attachments": _stored(draft.files),
        "language": to.language,
    }


def _stored(files: Sequence[DraftFile]) -> list[dict[str, Any]]:
    return [
        {"sha256": file.sha256, "size": file.size, "filename": file.filename, "content_type": file.content_type}
        for file in files
    ]


def _text(to: Recipient, draft: Draft, text: str) -> dict[str, Any]:
    return {
        "subject": "",
        "text": text,
        "html": "",
        "in_reply_to": "",
        "references": [],
        "attachments": _stored(draft.files),
        # The number of ours that the customer knows, of those that the channel sends from.
        "sender": to.wrote_to if draft.channel == to.wrote_by else "",
        "language": to.language,
    }


def _named(parties: Sequence[Party]) -> list[Mapping[str, str]]:
    return [{"name": party.display_name, "identity": str(party.identity)} for party in parties]
