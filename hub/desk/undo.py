"""Undo: what was sent and has not left is taken back, and is a draft again as it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from hub.desk.drafts import DraftKind
from hub.model.errors import NotFound, Refused
from hub.model.outbound import WAITING, Origin, State
from hub.store import audit, blobs, drafts, outbox, veil
from hub.store.audit import Actor
from hub.store.tables import ConversationJoinRow, ConversationRow, InteractionRow, MessageRow, ParticipantRow, TaskRow

_WAITING = sorted(state.value for state in WAITING)
_WHY = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What was taken back, for the writer to go on with: `draft` is the draft that it is again."""

    id: int
    customer_id: int
    identity_id: int
    conversation_id: int | None
    subject: str
    text: str
    draft: str


def take_back(conn: Connection, message_id: int, by: Actor) -> TakenBack:
    """Cancels a message of staff's that has not left yet, to all who would have got it; it is a draft again.

    Raises NotFound, and Refused when it is too late.
    """
    row = _message(conn, message_id)
    family = _family(conn, row["dedupe_key"])
    first = family[0]
    written = first["content"].get("written") or {}
    draft_id = hashlib.sha256(f"taken back/{first['id']}".encode()).hexdigest()[:20]
    conversation_id: int | None = first["conversation_id"]
    veil.require_talk(conn, conversation_id)
    if not all(one["state"] == State.CANCELLED.value for one in family):
        if any(one["state"] not in _WAITING for one in family):
            raise Refused("This message has left already.", next_step="Write another one.")
        ids = [one["id"] for one in family]
        conn.execute(update(MessageRow).where(MessageRow.id.in_(ids)).values(state=State.CANCELLED.value, reason=_WHY))
        step = {"state": State.CANCELLED.value, "reason": _WHY, "at": by.at}
        outbox.note_steps(conn, [{"message_id": one, **step} for one in ids])
        if conversation_id is not None and not _withdrawn(conn, conversation_id, ids):
            _open_again(conn, conversation_id)
        elif conversation_id is not None:
            conversation_id = None
        _put_back(conn, draft_id, first, written, conversation_id, by)
        audit.note(conn, by, "reply.taken_back", f"message/{message_id}")
    return TakenBack(
        id=first["id"],
        customer_id=first["customer_id"],
        identity_id=first["identity_id"],
        conversation_id=conversation_id,
        subject=str(first["content"].get("subject", "")),
        text=str(written.get("text", first["content"].get("draft", first["content"].get("text", "")))),
        draft=draft_id,
    )


def _message(conn: Connection, message_id: int) -> Mapping[str, Any]:
    row = conn.execute(
        select(MessageRow.dedupe_key).where(MessageRow.id == message_id, MessageRow.origin == Origin.REPLY.value)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no answer {message_id}.")
    return dict(row._mapping)


def _family(conn: Connection, key: str) -> Sequence[Mapping[str, Any]]:
    """Returns the messages that one draft became, that to its first recipient first; nobody else moves them now."""
    first = ":".join(key.split(":")[:2])
    rows = conn.execute(
        select(
            MessageRow.id,
            MessageRow.dedupe_key,
            MessageRow.state,
            MessageRow.channel,
            MessageRow.content,
            MessageRow.customer_id,
            MessageRow.identity_id,
            MessageRow.conversation_id,
        )
        .where((MessageRow.dedupe_key == first) | MessageRow.dedupe_key.startswith(f"{first}:", autoescape=True))
        .order_by(MessageRow.id)
        .with_for_update()
    )
    return [dict(row._mapping) for row in rows]


def _put_back(
    conn: Connection,
    draft_id: str,
    first: Mapping[str, Any],
    written: Mapping[str, Any],
    conversation_id: int | None,
    by: Actor,
) -> None:
    content = first["content"]
    files = content.get("attachments") or []
    fields = {name: value for name, value in written.items() if name not in ("kind", "about", "seen")}
    drafts.restore(
        conn,
        {
            "id": draft_id,
            "staff_id": by.staff_id,
            "kind": str(written.get("kind", DraftKind.REPLY if conversation_id is not None else DraftKind.NEW)),
            "conversation_id": conversation_id,
            "customer_id": first["customer_id"],
            "identity_id": first["identity_id"],
            "about_id": written.get("about"),
            "seen": written.get("seen"),
            "content": {"channel": first["channel"], **fields},
            "files": files,
            "created_at": by.at,
            "changed_at": by.at,
        },
    )
    blobs.refer(conn, [(file["sha256"], file["size"]) for file in files], by.at)


def _withdrawn(conn: Connection, conversation_id: int, messages: Sequence[int]) -> bool:
    """Removes a conversation that only this message had opened, and tells whether it did."""
    empty = ~exists().where(InteractionRow.conversation_id == conversation_id)
    alone = ~exists().where(MessageRow.conversation_id == conversation_id, MessageRow.id.not_in(messages))
    undone = ~exists().where(TaskRow.conversation_id == conversation_id)
    apart = ~exists().where(
        or_(ConversationJoinRow.kept_id == conversation_id, ConversationJoinRow.gone_id == conversation_id)
    )
    if not conn.scalar(select(empty & alone & undone & apart)):
        return False
    conn.execute(update(MessageRow).where(MessageRow.id.in_(messages)).values(conversation_id=None))
    conn.execute(delete(ParticipantRow).where(ParticipantRow.conversation_id == conversation_id))
    conn.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))
    return True


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
