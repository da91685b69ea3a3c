"""Conversations: what they are about, who takes part, and which message ids belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from hub.store import joins
from hub.store.batch import insert_batch, update_batch
from hub.store.ids import take_ids
from hub.store.question import Question, columns_of
from hub.store.tables import (
    ConversationRow,
    IdentityRow,
    InteractionRow,
    MessageRefRow,
    MessageRow,
    ParticipantRow,
    TaskRow,
)

_PREVIEW, _BEGINNING = 140, 2_000


@dataclass(slots=True, eq=False)
class Conversation:
    """A conversation while a batch is captured; `id` is 0 until it is stored. The fields are `_COLUMNS`, in order."""

    identity_id: int
    channel: str
    medium: str
    opened_at: datetime
    id: int = 0
    thread_key: str | None = None
    subject: str = ""
    preview: str = ""
    state: str = "open"
    unread: bool = False
    last_at: datetime | None = None
    participants: set[str] = field(default_factory=set)
    touched: bool = False


_COLUMNS = (
    ConversationRow.identity_id,
    ConversationRow.channel,
    ConversationRow.medium,
    ConversationRow.opened_at,
    ConversationRow.id,
    ConversationRow.thread_key,
    ConversationRow.subject,
    ConversationRow.preview,
    ConversationRow.state,
    ConversationRow.unread,
    ConversationRow.last_at,
)
_BY_KEY = Question(
    columns_of(*_COLUMNS),
    "conversation WHERE conversation.state <> 'closed' AND conversation.thread_key {among}",
    keys="TEXT",
)
_REFS = Question(
    columns_of(MessageRefRow.ref, MessageRefRow.conversation_id),
    "message_ref WHERE message_ref.ref {among}",
    keys="TEXT",
)
_BY_ID = select(*_COLUMNS).where(ConversationRow.id.in_(bindparam("ids", expanding=True)))
_PARTICIPANTS = select(ParticipantRow.conversation_id, ParticipantRow.address).where(
    ParticipantRow.conversation_id.in_(bindparam("ids", expanding=True))
)
_PEOPLE = select(IdentityRow.id, IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value).where(
    IdentityRow.id.in_(bindparam("ids", expanding=True))
)
_OPENED = (
    "identity_id", "channel", "medium", "opened_at", "thread_key", "subject", "preview", "state", "unread", "last_at",
)  # fmt: skip
_OPEN = insert_batch(ConversationRow, _OPENED, returning="thread_key, id")
_OPEN_NUMBERED = insert_batch(ConversationRow, ("id", *_OPENED))
_TOUCH = update_batch(ConversationRow, "id", ("state", "unread", "last_at", "preview"))
_TAKE_PART = insert_batch(ParticipantRow, ("conversation_id", "address"))
_REFER = insert_batch(MessageRefRow, ("ref", "conversation_id"), returning="ref")


def preview(said: str) -> str:
    """Returns how what was said begins, on one line: what the inbox shows of it; not what it quotes between."""
    beginning = said[:_BEGINNING]
    if "\n>" in f"\n{beginning}":
        beginning = "\n".join(line for line in beginning.split("\n") if not line.startswith(">"))
    return " ".join(beginning[:400].split())[:_PREVIEW]


def find_by_refs(conn: Connection, refs: Iterable[str]) -> dict[str, Conversation]:
    """Returns the conversation to which each known message id belongs, with its participants."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    owners = {str(ref): int(owner) for ref, owner in _REFS(conn, wanted)}
    if not owners:
        return {}
    ids = sorted(set(owners.values()))
    found = {row.id: Conversation(*row) for row in conn.execute(_BY_ID, {"ids": ids})}
    for row in conn.execute(_PARTICIPANTS, {"ids": ids}):
        found[row.conversation_id].participants.add(row.address)
    return {ref: found[owner] for ref, owner in owners.items()}


def find_open(conn: Connection, thread_keys: Iterable[str]) -> dict[str, Conversation]:
    """Returns the open conversation of each thread key that has one."""
    wanted = sorted(set(thread_keys))
    if not wanted:
        return {}
    found = [Conversation(*row) for row in _BY_KEY(conn, wanted)]
    return {talk.thread_key: talk for talk in found if talk.thread_key is not None}


def store(conn: Connection, conversations: Sequence[Conversation]) -> None:
    """Stores new conversations (their `id` is set) and the state of touched ones."""
    new = [conversation for conversation in conversations if not conversation.id]
    stored = [conversation for conversation in conversations if conversation.id]
    unkeyed = [conversation for conversation in new if conversation.thread_key is None]
    if unkeyed:
        for conversation, number in zip(unkeyed, take_ids(conn, ConversationRow, len(unkeyed)), strict=True):
            conversation.id = number
        _OPEN_NUMBERED(conn, [_row(conversation) for conversation in unkeyed])
    keyed = {key: conversation for conversation in new if (key := conversation.thread_key) is not None}
    # In the order of their keys, as everywhere: two processes that open the same two must not wait for each other.
    for key, number in _OPEN(conn, [_row(keyed[key]) for key in sorted(keyed)]):
        keyed[key].id = number
    # Another process opened it meanwhile: its conversation is ours too.
    raced = [key for key, conversation in keyed.items() if not conversation.id]
    for key, theirs in find_open(conn, raced).items():
        keyed[key].id = theirs.id
    touched = [conversation for conversation in stored if conversation.touched]
    _TOUCH(conn, [_row(conversation) for conversation in sorted(touched, key=lambda each: each.id)])


def _row(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "identity_id": conversation.identity_id,
        "channel": conversation.channel,
        "medium": conversation.medium,
        "opened_at": conversation.opened_at,
        "thread_key": conversation.thread_key,
        "subject": conversation.subject,
        "preview": conversation.preview,
        "state": conversation.state,
        "unread": conversation.unread,
        "last_at": conversation.last_at or conversation.opened_at,
    }


def remember_refs(conn: Connection, refs: Iterable[tuple[str, int]]) -> set[str]:
    """Notes that message ids belong to conversations; returns those that were known already and stay where they are."""
    # In order, as everywhere: two processes that note the same two must not wait for each other.
    wanted = sorted(dict(refs).items())
    stored = _REFER(conn, [{"ref": ref, "conversation_id": owner} for ref, owner in wanted])
    return {ref for ref, _ in wanted} - {ref for (ref,) in stored}


def add_participants(conn: Connection, participants: Iterable[tuple[int, str]]) -> None:
    """Notes who takes part: (conversation, address)."""
    rows = [{"conversation_id": owner, "address": address} for owner, address in dict.fromkeys(participants)]
    _TAKE_PART(conn, rows)


def people_of(conn: Connection, conversations: Iterable[Conversation]) -> dict[int, tuple[int, str]]:
    """Returns whom conversations are with: (customer, address) by identity row."""
    ids = sorted({conversation.identity_id for conversation in conversations})
    rows = conn.execute(_PEOPLE, {"ids": ids})
    return {row.id: (row.customer_id, f"{row.scheme}:{row.value}") for row in rows}


def join(conn: Connection, kept: int, others: Sequence[int], now: datetime, by: str = "") -> None:
    """Makes one conversation of several about one matter; what moved is kept, so that they can be parted again.

    `by`: the staff member who said so, nobody where a mail refers to both.
    """
    if not others:
        return
    for other in others:
        joins.remember(conn, kept, other, now, by)
    for table in (InteractionRow, MessageRow, TaskRow, MessageRefRow):
        conn.execute(update(table).where(table.conversation_id.in_(others)).values(conversation_id=kept))
    rows = conn.scalars(select(ParticipantRow.address).where(ParticipantRow.conversation_id.in_(others)).distinct())
    add_participants(conn, [(kept, address) for address in rows.all()])
    conn.execute(delete(ParticipantRow).where(ParticipantRow.conversation_id.in_(others)))
    assignee = conn.scalar(
        select(ConversationRow.assignee_id)
        .where(ConversationRow.id.in_(others), ConversationRow.assignee_id.is_not(None))
        .limit(1)
    )
    if assignee is not None:
        unassigned = update(ConversationRow).where(ConversationRow.id == kept, ConversationRow.assignee_id.is_(None))
        conn.execute(unassigned.values(assignee_id=assignee))
    conn.execute(
        update(ConversationRow)
        .where(ConversationRow.id.in_(others))
        .values(state="closed", unread=False, merged_into=kept)
    )


def carry_on(
    conn: Connection, conversation_id: int, *, state: str, unread: bool, last_at: datetime, preview: str
) -> None:
    """Sets where a conversation stands after another one was joined to it."""
    values = {"state": state, "unread": unread, "last_at": last_at, "preview": preview}
    conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(**values))
