"""Timeline: what was accepted becomes an outbound interaction, in the conversation in which its answer will arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from hub.model.identity import Identity
from hub.model.outbound import Origin
from hub.outreach.house import medium_of
from hub.store import blobs, conversations, interactions
from hub.store.conversations import Conversation
from hub.store.tables import ConversationRow, IdentityRow, MessageRow

_PREVIEW = 140


def record(conn: Connection, sent: Sequence[tuple[Mapping[str, Any], datetime, str]]) -> list[tuple[int, int]]:
    """Appends what was sent, as (message row, when, provider's reference); returns (interaction, conversation) each."""
    people = _addresses(conn, [row["identity_id"] for row, _, _ in sent])
    rows, owners, refs, participants = [], [], [], []
    for row, at, reference in sent:
        to = people[row["identity_id"]]
        said = row["content"].get("rendered") or row["content"]
        owner, why = _conversation(conn, row, to, said, at)
        owners.append(owner)
        rows.append(_interaction(row, to, said, at, reference, owner, why))
        participants.append((owner, str(to)))
        if row["rfc_message_id"]:
            refs.append((row["rfc_message_id"], owner))
    conversations.remember_refs(conn, refs)
    conversations.add_participants(conn, participants)
    ids = interactions.append(conn, rows)
    for (row, at, _), interaction in zip(sent, ids, strict=True):
        _attach(conn, row, interaction, at)
    return list(zip(ids, owners, strict=True))


def address_of(conn: Connection, identity_id: int) -> Identity:
    """Returns the address of an identity."""
    return _addresses(conn, [identity_id])[identity_id]


def _addresses(conn: Connection, ids: Sequence[int]) -> dict[int, Identity]:
    rows = conn.execute(
        select(IdentityRow.id, IdentityRow.scheme, IdentityRow.value).where(IdentityRow.id.in_(sorted(set(ids))))
    )
    return {row.id: Identity(row.scheme, row.value) for row in rows}


def _conversation(
    conn: Connection, row: Mapping[str, Any], to: Identity, said: Mapping[str, Any], at: datetime
) -> tuple[int, str]:
    """Returns the conversation of a message and which rule chose it.

    No state of a conversation changes by it: who answered has closed it or left it waiting, and what the hub writes by
    itself leaves open what nobody has answered. A thread that a reminder starts is closed until its answer opens it.
    """
    preview = " ".join(str(said.get("text", ""))[:400].split())[:_PREVIEW]
    if row["conversation_id"] is not None:
        owner = _merged(conn, row["conversation_id"])
        _touch(conn, owner, at, preview)
        return owner, "an answer in this conversation"
    if to.scheme != "mailto":
        known = conversations.find_open(conn, [str(to)]).get(str(to))
        if known is not None:
            _touch(conn, known.id, at, preview)
            return known.id, f"open conversation with {to}"
        return _new(conn, row, to, said, at, preview, "waiting"), f"no open conversation with {to}"
    earlier = _earlier(conn, row)
    if earlier is not None:
        _touch(conn, earlier, at, preview)
        return earlier, f"about the same {row['about']}"
    state = "waiting" if row["origin"] == Origin.REPLY else "closed"
    return _new(conn, row, to, said, at, preview, state), "a matter of its own"


def _new(
    conn: Connection,
    row: Mapping[str, Any],
    to: Identity,
    said: Mapping[str, Any],
    at: datetime,
    preview: str,
    state: str,
) -> int:
    made = Conversation(
        identity_id=row["identity_id"],
        channel=row["channel"],
        medium=medium_of(to.scheme),
        opened_at=at,
        last_at=at,
        thread_key=None if to.scheme == "mailto" else str(to),
        subject=str(said.get("subject", ""))[:300],
        preview=preview,
        state=state,
    )
    conversations.store(conn, [made])
    return made.id


def _merged(conn: Connection, conversation: int) -> int:
    """Follows a conversation into the one it was merged into."""
    while True:
        further = conn.scalar(select(ConversationRow.merged_into).where(ConversationRow.id == conversation))
        if further is None:
            return conversation
        conversation = further


def _earlier(conn: Connection, row: Mapping[str, Any]) -> int | None:
    if row["about_id"] is None:
        return None
    earlier = conn.scalar(
        select(func.max(MessageRow.conversation_id)).where(
            MessageRow.about == row["about"],
            MessageRow.about_id == row["about_id"],
            MessageRow.identity_id == row["identity_id"],
            MessageRow.conversation_id.is_not(None),
        )
    )
    return _merged(conn, earlier) if earlier is not None else None


def _touch(conn: Connection, conversation: int, at: datetime, preview: str) -> None:
    newer = (ConversationRow.id == conversation) & (ConversationRow.last_at <= at)
    conn.execute(update(ConversationRow).where(newer).values(last_at=at, preview=preview))


def _interaction(
    row: Mapping[str, Any],
    to: Identity,
    said: Mapping[str, Any],
    at: datetime,
    reference: str,
    conversation: int,
    why: str,
) -> dict[str, Any]:
    content = row["content"]
    detail = {
        "message": str(row["id"]),
        "origin": row["origin"],
        "purpose": row["purpose"],
        "template": row["template"],
        "to": [{"name": content.get("to_name", ""), "identity": str(to)}],
        "in_reply_to": content.get("in_reply_to", ""),
        "references": content.get("references", []),
        "may_have_arrived_twice": content.get("may_arrive_twice", False),
    }
    return interactions.new_interaction(
        occurred_at=at,
        received_at=at,
        identity_id=row["identity_id"],
        conversation_id=conversation,
        channel=row["channel"],
        medium=medium_of(to.scheme),
        direction="out",
        trust="signed",
        external_id=row["rfc_message_id"] or reference,
        subject=str(said.get("subject", "")),
        text=str(said.get("text", "")),
        detail={name: value for name, value in detail.items() if value},
        customer_why="the address it was sent to",
        conversation_why=why,
    )


def _attach(conn: Connection, row: Mapping[str, Any], interaction: int, at: datetime) -> None:
    files = row["content"].get("attachments") or []
    if not files:
        return
    interactions.attach(
        conn,
        [
            {
                "interaction_id": interaction,
                "position": position,
                "filename": file.get("filename", ""),
                "content_type": file.get("content_type") or "application/octet-stream",
                "size": file.get("size"),
                "sha256": file["sha256"],
                "content_id": "",
                "inline": False,
                "url": "",
                "state": "stored",
            }
            for position, file in enumerate(files)
        ],
    )
    blobs.refer(conn, [(file["sha256"], file.get("size", 0)) for file in files], at)
