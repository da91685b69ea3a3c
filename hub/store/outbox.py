"""The outbox: message rows and their steps. Who may move a message where stands in hub.model.outbound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, func, literal, select, update

from hub.model.outbound import WAITING, State
from hub.store.batch import insert_batch
from hub.store.tables import MessageRow, MessageStepRow
from hub.store.upsert import insert_new

_NOTE = insert_batch(MessageStepRow, ("message_id", "state", "reason", "seen", "worker", "at"))
_WAITING = sorted(state.value for state in WAITING)
_WAITING_FOR = select(MessageRow.id, MessageRow.purpose).where(
    MessageRow.identity_id == bindparam("identity"), MessageRow.state.in_(_WAITING)
)


def plan_messages(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds messages; one whose dedupe key is there already is not added again."""
    insert_new(conn, MessageRow, rows)


def note_steps(conn: Connection, steps: Sequence[Mapping[str, Any]]) -> None:
    """Appends steps: message_id, state, reason, seen, worker, at."""
    if steps:
        _NOTE(conn, [{"worker": "", "seen": None, **step} for step in steps])


def cancel_waiting(
    conn: Connection, identity_id: int, now: datetime, why: str, *, purposes: Sequence[str] = ()
) -> list[int]:
    """Cancels what still waits to be sent to an identity (for these purposes only, if named); returns the messages."""
    waiting = conn.execute(_WAITING_FOR, {"identity": identity_id})
    return _cancel(conn, [row.id for row in waiting if not purposes or row.purpose in purposes], now, why)


def cancel_about(
    conn: Connection, about: str, about_id: int, now: datetime, why: str, *, before_revision: int | None = None
) -> list[int]:
    """Cancels what still waits about a thing (of earlier revisions only, if named); returns the messages.

    None of it went out, so their dedupe keys are free again: moved back, or only confirmed, the thing is planned anew.
    """
    chosen = select(MessageRow.id).where(
        MessageRow.about == about, MessageRow.about_id == about_id, MessageRow.state.in_(_WAITING)
    )
    if before_revision is not None:
        chosen = chosen.where(MessageRow.about_revision < before_revision)
    cancelled = _cancel(conn, list(conn.scalars(chosen)), now, why)
    free_keys(conn, cancelled)
    return cancelled


def cancel_message(conn: Connection, message: int, now: datetime, why: str) -> bool:
    """Cancels one message that still waits (staff took it back); returns whether it did."""
    return bool(_cancel(conn, [message], now, why))


def free_keys(conn: Connection, messages: Sequence[int]) -> None:
    """Lets the same occurrence be planned again: for messages that were cancelled and certainly never sent."""
    if messages:
        freed = literal("freed:") + cast(MessageRow.id, String) + literal(":") + MessageRow.dedupe_key
        conn.execute(
            update(MessageRow)
            .where(MessageRow.id.in_(messages), MessageRow.state == State.CANCELLED.value)
            .values(dedupe_key=freed)
        )


def _cancel(conn: Connection, messages: Sequence[int], now: datetime, why: str) -> list[int]:
    if not messages:
        return []
    cancelled = list(
        conn.scalars(
            update(MessageRow)
            .where(MessageRow.id.in_(messages), MessageRow.state.in_(_WAITING))
            .values(state=State.CANCELLED.value, reason=why)
            .returning(MessageRow.id)
        )
    )
    steps = [{"message_id": message, "state": State.CANCELLED.value, "reason": why, "at": now} for message in cancelled]
    note_steps(conn, steps)
    return cancelled


def steps_of(conn: Connection, message: int) -> list[dict[str, Any]]:
    """Returns every step of a message, in order."""
    rows = conn.execute(
        select(MessageStepRow.__table__).where(MessageStepRow.message_id == message).order_by(MessageStepRow.id)
    )
    return [dict(row._mapping) for row in rows]


def last_steps(conn: Connection, messages: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns the newest step of each message that has any."""
    if not messages:
        return {}
    newest = (
        select(func.max(MessageStepRow.id))
        .where(MessageStepRow.message_id.in_(messages))
        .group_by(MessageStepRow.message_id)
    )
    rows = conn.execute(select(MessageStepRow.__table__).where(MessageStepRow.id.in_(newest)))
    return {row.message_id: dict(row._mapping) for row in rows}
