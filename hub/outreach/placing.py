"""Placing: which conversation a sent message belongs to, decided for a whole batch with one question a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from hub.model.identity import Identity
from hub.model.outbound import Origin
from hub.model.value import value
from hub.outreach.house import medium_of
from hub.store import conversations
from hub.store.batch import Batch, typed
from hub.store.conversations import Conversation
from hub.store.tables import ConversationRow, MessageRow

_MERGED = select(ConversationRow.id, ConversationRow.merged_into).where(
    ConversationRow.id.in_(bindparam("ids", expanding=True)), ConversationRow.merged_into.is_not(None)
)
_EARLIER = (
    select(MessageRow.about, MessageRow.about_id, MessageRow.identity_id, func.max(MessageRow.conversation_id))
    .where(
        MessageRow.about_id.in_(bindparam("ids", expanding=True)),
        MessageRow.about.in_(bindparam("abouts", expanding=True)),
        MessageRow.conversation_id.is_not(None),
    )
    .group_by(MessageRow.about, MessageRow.about_id, MessageRow.identity_id)
)
_TOUCH = Batch(
    typed(ConversationRow, ("id", "last_at", "preview")),
    "WITH changed (id, last_at, preview) AS ({rows}) UPDATE conversation SET last_at = changed.last_at,"
    " preview = changed.preview FROM changed"
    " WHERE conversation.id = changed.id AND conversation.last_at <= changed.last_at",
)


@value()
class Sent:
    """A message that was accepted: its row, to whom, when, and what it said."""

    row: Mapping[str, Any]
    to: Identity
    at: datetime
    said: Mapping[str, Any]

    @property
    def preview(self) -> str:
        return conversations.preview(str(self.said.get("text", "")))

    @property
    def matter(self) -> tuple[str, int, int]:
        """What it is about, and to whom; only where it is about something."""
        return self.row["about"], self.row["about_id"], self.row["identity_id"]


def place(conn: Connection, sent: Sequence[Sent]) -> list[tuple[int | None, str]]:
    """Returns the conversation of each message and which rule chose it; new ones are stored.

    A mail of a run has none before somebody answers it (hub.store.first_answers): thousands get it, few answer.
    No state of a conversation changes by it: who answered has closed it or left it waiting, and what the hub writes by
    itself leaves open what nobody has answered. A thread that a reminder starts is closed until its answer opens it.
    """
    of_texts = [str(one.to) for one in sent if one.row["conversation_id"] is None and one.to.scheme != "mailto"]
    threads: dict[str, Conversation] = conversations.find_open(conn, of_texts)
    known = set(threads)
    earlier = _earlier(conn, [one for one in sent if one.row["conversation_id"] is None and one.to.scheme == "mailto"])
    owners = _merged(conn, {*[one.row["conversation_id"] for one in sent], *earlier.values()} - {None})
    new: list[Conversation] = []
    chosen: list[tuple[Conversation | int | None, str]] = []
    for one in sent:
        if one.row["conversation_id"] is not None:
            chosen.append((owners[one.row["conversation_id"]], "an answer in this conversation"))
        elif one.to.scheme != "mailto":
            key = str(one.to)
            if key not in threads:
                threads[key] = _new(one, "waiting")
                new.append(threads[key])
            chosen.append((threads[key], f"{'open' if key in known else 'no open'} conversation with {key}"))
        elif one.row["about_id"] is not None and one.matter in earlier:
            chosen.append((owners[earlier[one.matter]], f"about the same {one.row['about']}"))
        elif one.row["run_id"] is not None:
            chosen.append((None, "a matter of its own"))
        else:
            new.append(_new(one, "waiting" if one.row["origin"] == Origin.REPLY else "closed"))
            chosen.append((new[-1], "a matter of its own"))
    conversations.store(conn, new)
    placed = [(owner.id if isinstance(owner, Conversation) else owner, why) for owner, why in chosen]
    _touch(
        conn,
        [(owner, one) for (owner, _), one in zip(placed, sent, strict=True) if owner is not None],
        {each.id for each in new},
    )
    return placed


def _new(one: Sent, state: str) -> Conversation:
    return Conversation(
        identity_id=one.row["identity_id"],
        channel=one.row["channel"],
        medium=medium_of(one.to.scheme, one.row["content"]),
        opened_at=one.at,
        last_at=one.at,
        thread_key=None if one.to.scheme == "mailto" else str(one.to),
        subject=str(one.said.get("subject", ""))[:300],
        preview=one.preview,
        state=state,
    )


def _merged(conn: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Follows each conversation into the one it was merged into."""
    owners = {one: one for one in ids}
    while owners:
        further = {row.id: row.merged_into for row in conn.execute(_MERGED, {"ids": sorted(set(owners.values()))})}
        if not further:
            break
        owners = {one: further.get(owner, owner) for one, owner in owners.items()}
    return owners


def _earlier(conn: Connection, mails: Sequence[Sent]) -> dict[tuple[str, int, int], int]:
    """Returns the newest conversation about what each mail is about, with the same address."""
    about = [one for one in mails if one.row["about_id"] is not None]
    if not about:
        return {}
    rows = conn.execute(
        _EARLIER,
        {"ids": sorted({one.row["about_id"] for one in about}), "abouts": sorted({one.row["about"] for one in about})},
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows if row[1] is not None and row[3] is not None}


def _touch(conn: Connection, placed: Sequence[tuple[int, Sent]], new: set[int]) -> None:
    # The inbox goes on showing what was asked, not that its arrival was acknowledged.
    last: dict[int, Sent] = {}
    for owner, one in placed:
        earlier = last.get(owner)
        if owner not in new and one.row["origin"] != Origin.ACKNOWLEDGEMENT and (not earlier or earlier.at <= one.at):
            last[owner] = one
    # In the order of their ids, as everywhere: two processes that touch the same two must not wait for each other.
    _TOUCH(conn, [{"id": owner, "last_at": one.at, "preview": one.preview} for owner, one in sorted(last.items())])
