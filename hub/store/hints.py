"""Hints: conversations that may be one matter. Nothing is joined by them; staff joins, or says that they are apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, or_, select, update

from hub.store.tables import ConversationHintRow
from hub.store.upsert import insert_new, upsert


class Reason(StrEnum):
    """Why two conversations may belong together; nobody but people can tell."""

    STRANGER = "stranger"
    FORGED = "forged"
    BOTH = "both"
    SUBJECT = "subject"


class HintState(StrEnum):
    OPEN = "open"
    JOINED = "joined"
    APART = "apart"


def suggest_together(conn: Connection, pairs: Iterable[tuple[int, int, Reason, str]], now: datetime) -> None:
    """Notes (conversation, conversation, reason, whose mail it was); what staff has decided stays decided."""
    rows = {
        (min(one, other), max(one, other)): {"reason": reason.value, "address": address}
        for one, other, reason, address in pairs
        if one != other
    }
    insert_new(
        conn,
        ConversationHintRow,
        [
            {"conversation_id": one, "other_id": other, **said, "state": HintState.OPEN.value, "created_at": now}
            for (one, other), said in rows.items()
        ],
    )


def of_conversation(conn: Connection, conversation_id: int) -> list[tuple[int, str, str, str]]:
    """Returns (the other conversation, reason, address, state) of each hint about a conversation, decided ones too."""
    row = ConversationHintRow
    found = conn.execute(
        select(row.conversation_id, row.other_id, row.reason, row.address, row.state)
        .where(or_(row.conversation_id == conversation_id, row.other_id == conversation_id))
        .order_by(row.created_at)
    )
    return [
        (each.other_id if each.conversation_id == conversation_id else each.conversation_id, *each[2:])
        for each in found
    ]


def are_apart(conn: Connection, one: int, other: int) -> bool:
    """Tells whether staff has said of two conversations that they are apart."""
    row = ConversationHintRow
    asked = select(row.state).where(row.conversation_id == min(one, other), row.other_id == max(one, other))
    return conn.scalar(asked) == HintState.APART


def decide(conn: Connection, one: int, other: int, state: HintState, now: datetime) -> None:
    """Keeps what staff decided of two conversations, whether anything was suggested or not."""
    key = ("conversation_id", "other_id")
    first, second = min(one, other), max(one, other)
    row = {"conversation_id": first, "other_id": second, "state": state.value}
    known = select(ConversationHintRow.state).where(
        ConversationHintRow.conversation_id == first, ConversationHintRow.other_id == second
    )
    if conn.scalar(known) is None:
        said = {"reason": Reason.SUBJECT.value, "address": "", "created_at": now}
        upsert(conn, ConversationHintRow, key, [{**row, **said}])
    else:
        changed = update(ConversationHintRow).where(
            ConversationHintRow.conversation_id == first, ConversationHintRow.other_id == second
        )
        conn.execute(changed.values(state=state.value))
