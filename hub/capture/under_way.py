"""A mail of ours that is read in the Sent folder before the hub has noted that it went out: one interaction, not two.

Whichever of the two comes first makes it: both give it the same content key, which is unique.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, select

from hub.model.contact import Direction, InboundContact, Medium
from hub.store import conversations
from hub.store.interactions import sent_key
from hub.store.tables import ConversationRow, MessageRow

# Whatever its state: the copy says that it has gone out, also where the hub still doubts it.
_UNDER_WAY = (
    select(MessageRow.rfc_message_id, func.coalesce(ConversationRow.merged_into, ConversationRow.id))
    .outerjoin(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
    .where(MessageRow.rfc_message_id.in_(bindparam("ids", expanding=True)), MessageRow.interaction_id.is_(None))
)


def as_under_way(conn: Connection, contacts: Sequence[InboundContact]) -> list[InboundContact]:
    """Returns the contacts; a copy of a mail under way gets its key and its conversation."""
    sent = sorted({contact.external_id for contact in contacts if _is_copy(contact)})
    if not sent:
        return list(contacts)
    written_in = {row[0]: row[1] for row in conn.execute(_UNDER_WAY, {"ids": sent})}
    if not written_in:
        return list(contacts)
    conversations.remember_refs(conn, [(ref, talk) for ref, talk in sorted(written_in.items()) if talk is not None])
    return [
        replace(contact, content_key=sent_key(contact.external_id))
        if _is_copy(contact) and contact.external_id in written_in
        else contact
        for contact in contacts
    ]


def _is_copy(contact: InboundContact) -> bool:
    return contact.medium is Medium.EMAIL and contact.direction is Direction.OUT and contact.external_id != ""
