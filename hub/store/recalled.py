"""What a provider lists beside what is here: which payloads arrived, which messages are our own, what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.model.outbound import State
from hub.store import leases, mailboxes
from hub.store.tables import ArrivalRow, IdentityRow, MailboxRow, MessageRow
from hub.store.tables.outbox import REFERRED_TO

MAILBOX = "recall"
# Nobody knows yet under which reference the provider took these.
_UNDER_WAY = (State.CLAIMED.value, State.SUBMITTING.value, State.UNKNOWN.value)
_KEYS_A_TIME = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a provider's list was read: the adapter's own position, when it last was, when it was last counted."""

    position: Mapping[str, Any] | None
    read_at: datetime | None
    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ours:
    """Which of some listed messages the hub itself sent, and to whom it is sending something at this moment."""

    references: frozenset[str]
    under_way: frozenset[str]


def standing(conn: Connection, channel: str) -> Standing:
    """Returns how far a channel's list was read."""
    of_channel = (MailboxRow.channel == channel, MailboxRow.mailbox == MAILBOX)
    row = conn.execute(select(MailboxRow.read_at, MailboxRow.compared_at).where(*of_channel)).first()
    position = leases.read_cursor(conn, channel, MAILBOX)
    return Standing(position, row.read_at if row else None, row.compared_at if row else None)


def states(conn: Connection, asked: tuple[str, Sequence[str]]) -> dict[str, str]:
    """Returns the state of those of a channel's payloads that arrived, by key."""
    channel, keys = asked
    found: dict[str, str] = {}
    for at in range(0, len(keys), _KEYS_A_TIME):
        some = keys[at : at + _KEYS_A_TIME]
        rows = conn.execute(
            select(ArrivalRow.key, ArrivalRow.state).where(ArrivalRow.channel == channel, ArrivalRow.key.in_(some))
        )
        found |= {row.key: row.state for row in rows}
    return found


def ours(conn: Connection, asked: tuple[str, Sequence[str]]) -> Ours:
    """Returns which of these references are of messages of ours, by any channel, and what a channel is sending now."""
    channel, references = asked
    known: set[str] = set()
    for at in range(0, len(references), _KEYS_A_TIME):
        some = references[at : at + _KEYS_A_TIME]
        known |= set(conn.scalars(select(MessageRow.reference).where(MessageRow.reference.in_(some), REFERRED_TO)))
    sending = conn.execute(
        select(IdentityRow.scheme, IdentityRow.value)
        .join(MessageRow, MessageRow.identity_id == IdentityRow.id)
        .where(MessageRow.channel == channel, MessageRow.state.in_(_UNDER_WAY))
    )
    return Ours(frozenset(known), frozenset(f"{row.scheme}:{row.value}" for row in sending))


def note_read(conn: Connection, channel: str, now: datetime) -> None:
    """Notes that the list was read to its end."""
    mailboxes.begin(conn, channel, MAILBOX, None)
    mailboxes.caught_up(conn, channel, MAILBOX, now)


def note_count(
    conn: Connection, channel: str, provider: str, counted: Mapping[str, int], now: datetime, every: timedelta
) -> None:
    """Notes what a look at a whole day counted: server, here, unread, missing, fetched."""
    mailboxes.begin(conn, channel, MAILBOX, None)
    values = {"folder": provider, "left_out": 0, **counted}
    mailboxes.note_comparison(conn, channel, MAILBOX, values, now, now + every)
