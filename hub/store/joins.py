"""Joins: what moved when two conversations became one, and back again exactly when they are parted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.store.ids import occurred_at
from hub.store.tables import (
    ConversationJoinRow,
    ConversationRow,
    InteractionRow,
    MessageRefRow,
    MessageRow,
    ParticipantRow,
    TaskRow,
)
from hub.store.upsert import insert_new

_PREVIEW = 140
_MOVING: dict[str, Any] = {"interactions": InteractionRow, "messages": MessageRow, "tasks": TaskRow}


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A join that holds. `moved`: what went from the one that is gone to the kept one."""

    id: int
    kept_id: int
    gone_id: int
    moved: Mapping[str, Any]
    joined_at: datetime
    joined_by: str


def remember(conn: Connection, kept: int, gone: int, now: datetime, by: str) -> None:
    """Notes what is about to move from one conversation to another."""
    moved: dict[str, Any] = {
        name: list(conn.scalars(select(table.id).where(table.conversation_id == gone).order_by(table.id)))
        for name, table in _MOVING.items()
    }
    moved["refs"] = list(conn.scalars(select(MessageRefRow.ref).where(MessageRefRow.conversation_id == gone)))
    theirs, ours = _participants(conn, gone), _participants(conn, kept)
    was = conn.execute(
        select(ConversationRow.state, ConversationRow.unread, ConversationRow.assignee_id).where(
            ConversationRow.id == gone
        )
    ).one()
    assignee = conn.scalar(select(ConversationRow.assignee_id).where(ConversationRow.id == kept))
    moved |= {
        "participants": sorted(theirs),
        "new_participants": sorted(theirs - ours),
        "stood": {"state": was.state, "unread": was.unread, "assignee_id": was.assignee_id},
        "assigned": was.assignee_id if assignee is None else None,
    }
    conn.execute(
        insert(ConversationJoinRow).values(kept_id=kept, gone_id=gone, moved=moved, joined_at=now, joined_by=by)
    )


def of_conversation(conn: Connection, conversation_id: int) -> list[Join]:
    """Returns the joins that made a conversation what it is, the newest first."""
    row = ConversationJoinRow
    asked = select(row.id, row.kept_id, row.gone_id, row.moved, row.joined_at, row.joined_by).where(
        row.kept_id == conversation_id, row.parted_at.is_(None)
    )
    return [Join(**found._mapping) for found in conn.execute(asked.order_by(row.id.desc()))]


def get(conn: Connection, join_id: int) -> Join:
    """Returns a join that holds. Raises NotFound, and Refused where the kept one was itself joined to another."""
    row = ConversationJoinRow
    found = conn.execute(
        select(row.id, row.kept_id, row.gone_id, row.moved, row.joined_at, row.joined_by).where(
            row.id == join_id, row.parted_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("These conversations are apart already, or never were joined.")
    whole = conn.scalar(select(ConversationRow.merged_into).where(ConversationRow.id == found.kept_id))
    if whole is not None:
        raise Refused(
            "This conversation became part of another one since.",
            next_step=f"Part it from conversation {whole} first.",
        )
    return Join(**found._mapping)


def came_since(conn: Connection, join: Join) -> list[int]:
    """Returns the interactions since the join that belong to the one that is gone: they answer only what was its.

    A chain of answers goes along; what answers both, or nothing, stays with the kept one.
    """
    rows = conn.execute(
        select(InteractionRow.id, InteractionRow.external_id, InteractionRow.detail)
        .where(InteractionRow.conversation_id == join.kept_id, InteractionRow.received_at >= join.joined_at)
        .order_by(InteractionRow.received_at, InteractionRow.id)
    ).all()
    here = set(join.moved["interactions"])
    theirs = set(join.moved["refs"])
    ours = set(conn.scalars(select(MessageRefRow.ref).where(MessageRefRow.conversation_id == join.kept_id)))
    ours -= theirs | {row.external_id for row in rows if row.id not in here}
    found = []
    for row in rows:
        if row.id in here:
            continue
        detail = row.detail or {}
        named = {ref for ref in (detail.get("in_reply_to", ""), *detail.get("references", ())) if ref}
        if named & theirs and not named & ours:
            found.append(row.id)
            theirs.add(row.external_id)
        else:
            ours.add(row.external_id)
    return found


def undo(conn: Connection, join: Join, since: Sequence[int], now: datetime) -> None:
    """Moves everything back that moved, and what came `since` for the one that is gone."""
    moved, gone = join.moved, join.gone_id
    ids = {**moved, "interactions": [*moved["interactions"], *since]}
    for name, table in _MOVING.items():
        _move(conn, table, table.id.in_(ids[name]), join)
    if since:
        _move(conn, MessageRow, MessageRow.interaction_id.in_(since), join)
        _move(conn, TaskRow, TaskRow.interaction_id.in_(since), join)
    own = conn.scalars(select(InteractionRow.external_id).where(InteractionRow.id.in_(since))).all() if since else ()
    _move(conn, MessageRefRow, MessageRefRow.ref.in_([*moved["refs"], *own]), join)
    insert_new(
        conn, ParticipantRow, [{"conversation_id": gone, "address": address} for address in moved["participants"]]
    )
    conn.execute(
        delete(ParticipantRow).where(
            ParticipantRow.conversation_id == join.kept_id, ParticipantRow.address.in_(moved["new_participants"])
        )
    )
    stood = moved["stood"]
    state = "open" if since and stood["state"] == "closed" else stood["state"]
    _stand(conn, gone, merged_into=None, state=state, unread=stood["unread"], assignee_id=stood["assignee_id"])
    _stand(conn, join.kept_id)
    if moved["assigned"] is not None:
        lent = (ConversationRow.id == join.kept_id) & (ConversationRow.assignee_id == moved["assigned"])
        conn.execute(update(ConversationRow).where(lent).values(assignee_id=None))
    conn.execute(update(ConversationJoinRow).where(ConversationJoinRow.id == join.id).values(parted_at=now))


def _move(conn: Connection, table: Any, which: Any, join: Join) -> None:
    conn.execute(update(table).where(which, table.conversation_id == join.kept_id).values(conversation_id=join.gone_id))


def _stand(conn: Connection, conversation_id: int, **values: Any) -> None:
    """Sets what a conversation shows of its newest interaction."""
    newest = conn.execute(
        select(InteractionRow.id, InteractionRow.text)
        .where(InteractionRow.conversation_id == conversation_id)
        .order_by(InteractionRow.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None:
        values["last_at"] = occurred_at(newest.id)
        # A call has no words: what was last said stays to be seen.
        if words := " ".join(newest.text[:400].split()):
            values["preview"] = words[:_PREVIEW]
    if values:
        conn.execute(update(ConversationRow).where(ConversationRow.id == conversation_id).values(**values))


def _participants(conn: Connection, conversation_id: int) -> set[str]:
    return set(conn.scalars(select(ParticipantRow.address).where(ParticipantRow.conversation_id == conversation_id)))
