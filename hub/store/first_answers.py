"""First answers: a mail of a run is a conversation once somebody answers it, and not one of thousands before that."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from hub.store.batch import update_batch
from hub.store.conversations import Conversation, add_participants, find_by_refs, preview, remember_refs, store
from hub.store.question import Question, columns_of
from hub.store.tables import IdentityRow, InteractionRow, MessageRow

_SENT = Question(
    columns_of(
        MessageRow.id, InteractionRow.id, MessageRow.rfc_message_id, MessageRow.identity_id, IdentityRow.scheme,
        IdentityRow.value, InteractionRow.channel, InteractionRow.medium, InteractionRow.subject, InteractionRow.text,
        MessageRow.sent_at,
    ),
    "message JOIN interaction ON interaction.id = message.interaction_id"
    " JOIN identity ON identity.id = message.identity_id"
    " WHERE message.rfc_message_id {among} AND message.conversation_id IS NULL {locked}",
    keys="TEXT",
    lock="UPDATE OF message",
)  # fmt: skip
_OF_MESSAGE = update_batch(MessageRow, "id", ("conversation_id",))
_OF_INTERACTION = update_batch(InteractionRow, "id", ("conversation_id",))


def talks_of(conn: Connection, refs: Iterable[str]) -> dict[str, Conversation]:
    """Returns the conversation of each known message id; what a run sent gets its own when it is first named."""
    wanted = set(refs)
    known = find_by_refs(conn, wanted)
    opened = _open(conn, sorted(wanted - known.keys()))
    return known | find_by_refs(conn, opened) if opened else known


def _open(conn: Connection, refs: list[str]) -> list[str]:
    """Opens a conversation for each of these mails that has none, closed until its answer opens it; returns theirs.

    Of two processes that do so at a time the second waits for the first, and then finds nothing left to open.
    """
    rows = _SENT(conn, refs)
    talks = [
        Conversation(
            identity_id=identity,
            channel=channel,
            medium=medium,
            opened_at=sent_at,
            last_at=sent_at,
            subject=subject[:300],
            preview=preview(text),
            state="closed",
        )
        for _, _, _, identity, _, _, channel, medium, subject, text, sent_at in rows
    ]
    store(conn, talks)
    found = list(zip(rows, [talk.id for talk in talks], strict=True))
    remember_refs(conn, [(row[2], talk) for row, talk in found])
    add_participants(conn, [(talk, f"{row[4]}:{row[5]}") for row, talk in found])
    _OF_MESSAGE(conn, [{"id": row[0], "conversation_id": talk} for row, talk in found])
    _OF_INTERACTION(conn, [{"id": row[1], "conversation_id": talk} for row, talk in found])
    return [row[2] for row in rows]
