"""Timeline: what was accepted becomes an outbound interaction, in the conversation in which its answer will arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.identity import Identity
from hub.outreach.house import CALL, medium_of
from hub.outreach.placing import Sent, place
from hub.store import blobs, conversations, interactions
from hub.store.calls import call_key
from hub.store.question import Question, columns_of
from hub.store.tables import IdentityRow

_ADDRESSES = Question(
    columns_of(IdentityRow.id, IdentityRow.scheme, IdentityRow.value), "identity WHERE identity.id {among}"
)


def record(conn: Connection, sent: Sequence[tuple[Mapping[str, Any], datetime, str]]) -> list[tuple[int, int | None]]:
    """Appends what was sent, as (message row, when, provider's reference); returns (interaction, conversation) each."""
    people = _addresses(conn, [row["identity_id"] for row, _, _ in sent])
    read = _read_before(conn, [row for row, _, _ in sent])
    said = [
        Sent(read.get(row["id"], row), people[row["identity_id"]], at, row["content"].get("rendered") or row["content"])
        for row, at, _ in sent
    ]
    owners = place(conn, said)
    rows = [
        _interaction(one, reference, owner, why)
        for one, (_, _, reference), (owner, why) in zip(said, sent, owners, strict=True)
    ]
    talks = [(one, owner) for one, (owner, _) in zip(said, owners, strict=True) if owner is not None]
    refs = [(one.row["rfc_message_id"], owner) for one, owner in talks if one.row["rfc_message_id"]]
    conversations.remember_refs(conn, refs)
    conversations.add_participants(conn, [(owner, str(one.to)) for one, owner in talks])
    ids = interactions.append(conn, rows)
    for one, interaction in zip(said, ids, strict=True):
        _attach(conn, one.row, interaction, one.at)
    return [(interaction, owner) for interaction, (owner, _) in zip(ids, owners, strict=True)]


def _read_before(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Returns rows whose copy was read in the Sent folder before, with the conversation that it went into."""
    mails = {row["rfc_message_id"]: row for row in rows if row["rfc_message_id"] and row["conversation_id"] is None}
    talks = conversations.find_by_refs(conn, mails)
    return {mails[ref]["id"]: {**mails[ref], "conversation_id": talk.id} for ref, talk in talks.items()}


def address_of(conn: Connection, identity_id: int) -> Identity:
    """Returns the address of an identity."""
    return _addresses(conn, [identity_id])[identity_id]


def _addresses(conn: Connection, ids: Sequence[int]) -> dict[int, Identity]:
    return {number: Identity(scheme, value) for number, scheme, value in _ADDRESSES(conn, sorted(set(ids)))}


def _interaction(one: Sent, reference: str, conversation: int | None, why: str) -> dict[str, Any]:
    row, to, said, at = one.row, one.to, one.said, one.at
    content = row["content"]
    new = _new_words(content, said)
    detail = {
        "message": str(row["id"]),
        "origin": row["origin"],
        "purpose": row["purpose"],
        "template": row["template"],
        "to": content.get("to") or [{"name": content.get("to_name", ""), "identity": str(to)}],
        "media": said.get("media", []),
        "cc": content.get("cc", []),
        "bcc": content.get("bcc", []),
        **new,
        "in_reply_to": content.get("in_reply_to", ""),
        "references": content.get("references", []),
        "may_have_arrived_twice": content.get("may_arrive_twice", False),
    }
    return interactions.new_interaction(
        occurred_at=at,
        received_at=at,
        identity_id=content.get("first_identity", row["identity_id"]),
        conversation_id=conversation,
        channel=row["channel"],
        medium=medium_of(to.scheme, content),
        direction="out",
        trust="signed",
        external_id=row["rfc_message_id"] or reference,
        content_key=_content_key(row, reference),
        subject=str(said.get("subject", "")),
        text=new["text"],
        detail={name: value for name, value in detail.items() if value and name != "text"},
        customer_why="the address it was sent to",
        conversation_why=why,
    )


def _content_key(row: Mapping[str, Any], reference: str) -> str | None:
    """A mail is one entry, whichever copy is accepted or read in the Sent folder first; a call is its events."""
    if row["content"].get("medium") == CALL:
        return call_key(reference)
    return interactions.sent_key(row["rfc_message_id"]) if row["rfc_message_id"] else None


def _new_words(content: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """Returns what was new in a message (`text`), apart from its signature and the older mail below (`quoted`)."""
    text = str(said.get("text", ""))
    length = content.get("new_length")
    if length is None:
        return {"text": text}
    own, separator, signature = f"\n{text[:length]}".rpartition("\n-- \n")
    own = own.strip("\n") if separator else text[:length]
    return {"text": own, "signature": signature if separator else "", "quoted": text[length:].strip("\n")}


def _attach(conn: Connection, row: Mapping[str, Any], interaction: int, at: datetime) -> None:
    # A text's template lends it pictures: they are kept with it, for the template may show others tomorrow.
    files = [*(row["content"].get("attachments") or ()), *(row["content"].get("enclosed") or ())]
    if not files or interactions.attachments_of(conn, [interaction]):
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
