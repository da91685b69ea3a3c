"""Queues of callers: who waits since when, and which of staff's phones ring for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.event import CallEvent, CallStep
from hub.store import interactions
from hub.store.tables import QueuedCallRow, QueueRingRow
from hub.store.upsert import insert_new, upsert

# https://www.twilio.com/docs/voice/api/call-resource, TimeLimit: no call is longer.
LONGEST_CALL = timedelta(hours=4)
# A phone that rang so long, and of which nothing was told, rings no more.
_UNTOLD = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A caller who waits."""

    channel: str
    call: str
    step: str
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A phone of staff that rings for a queue, or whose owner talks to somebody from it."""

    key: str
    channel: str
    step: str
    number: str
    call: str
    state: str
    asked_at: datetime


_WAITED = (CallStep.QUEUED, CallStep.LEFT)
_ENDS = (CallStep.CONNECTED, CallStep.ENDED)
_HEEDED = frozenset({*_WAITED, *_ENDS})
_WAITING = tuple(getattr(QueuedCallRow, name) for name in Waiting.__slots__)
_RING = tuple(getattr(QueueRingRow, name) for name in Ring.__slots__)


def heed(conn: Connection, event: CallEvent, interaction: int | None) -> None:
    """Notes that a caller waits, is connected, has left, or has hung up, by all that is known of the call so far."""
    if interaction is None or event.step not in _HEEDED:
        return
    mine = (QueuedCallRow.channel == event.channel) & (QueuedCallRow.call == event.call)
    if event.step not in _WAITED and conn.scalar(select(QueuedCallRow.step).where(mine)) is None:
        return
    known: dict[str, Mapping[str, Any]] = {}
    for step in interactions.events_of(conn, [interaction]).get(interaction, ()):
        known.setdefault(step["kind"], step)
    entered, left, joined, ended = (known.get(f"call.{step.value}") for step in (*_WAITED, *_ENDS))
    waited = entered or left
    if waited is None:
        return
    over = left or ended
    row: dict[str, Any] = {
        "channel": event.channel,
        "call": event.call,
        "step": str(waited["data"].get("step", "")),
        "entered_at": waited["at"],
        "joined_at": joined["at"] if joined else None,
        "left_at": over["at"] if over else None,
        "result": str(left["data"].get("status", "")) if left else "hangup" if ended else "",
    }
    upsert(conn, QueuedCallRow, ("channel", "call"), [row])


def note_ring(conn: Connection, event: CallEvent) -> None:
    """Notes what became of a phone that rings for a queue: its owner has answered, or it is over."""
    states = {CallStep.ANSWERED: "talks", CallStep.ENDED: "over"}
    if event.step not in states:
        return
    values: dict[str, Any] = {"state": states[event.step], "call": event.call}
    if event.step is CallStep.ENDED:
        values["over_at"] = event.occurred_at
    conn.execute(
        update(QueueRingRow).where(QueueRingRow.key == event.ring, QueueRingRow.over_at.is_(None)).values(**values)
    )


def waiting(conn: Connection, now: datetime) -> list[Waiting]:
    """Returns who waits and was not connected yet, the longest first."""
    rows = conn.execute(
        select(*_WAITING)
        .where(
            QueuedCallRow.left_at.is_(None),
            QueuedCallRow.joined_at.is_(None),
            QueuedCallRow.entered_at > now - LONGEST_CALL,
        )
        .order_by(QueuedCallRow.entered_at, QueuedCallRow.call)
    )
    return [Waiting(**row._mapping) for row in rows]


def rings(conn: Connection, now: datetime) -> list[Ring]:
    """Returns the phones of staff that ring or are taken; one of which nothing was told for long is left out."""
    told = (QueueRingRow.state == "talks") & (QueueRingRow.asked_at > now - LONGEST_CALL)
    rows = conn.execute(
        select(*_RING)
        .where(QueueRingRow.over_at.is_(None), told | (QueueRingRow.asked_at > now - _UNTOLD))
        .order_by(QueueRingRow.asked_at, QueueRingRow.key)
    )
    return [Ring(**row._mapping) for row in rows]


def last_rung(conn: Connection, numbers: Sequence[str], since: datetime) -> dict[str, datetime]:
    """Returns when each of these phones was last rung for a queue since a moment."""
    rows = conn.execute(
        select(QueueRingRow.number, QueueRingRow.asked_at).where(
            QueueRingRow.number.in_(numbers), QueueRingRow.asked_at >= since
        )
    )
    found: dict[str, datetime] = {}
    for row in rows:
        found[row.number] = max(row.asked_at, found.get(row.number, row.asked_at))
    return found


def begin_ring(conn: Connection, ring: Mapping[str, Any]) -> bool:
    """Writes down that a phone is about to ring: key, channel, step, number, asked_at; False where it does already."""
    taken = select(QueueRingRow.key).where(
        QueueRingRow.number == ring["number"],
        QueueRingRow.over_at.is_(None),
        QueueRingRow.asked_at > ring["asked_at"] - _UNTOLD,
    )
    if conn.scalar(taken.limit(1)) is not None:
        return False
    return bool(insert_new(conn, QueueRingRow, [{**ring, "state": "asked"}]))


def rang(conn: Connection, key: str, call: str) -> None:
    """Writes down that the provider rings a phone."""
    open_still = (QueueRingRow.key == key) & (QueueRingRow.state == "asked")
    conn.execute(update(QueueRingRow).where(open_still).values(state="rings", call=call))


def not_rung(conn: Connection, error: str, *, key: str, now: datetime) -> None:
    """Writes down that a phone could not be rung, or that nobody knows."""
    conn.execute(update(QueueRingRow).where(QueueRingRow.key == key).values(state="failed", error=error, over_at=now))


def end_ring(conn: Connection, key: str, now: datetime) -> None:
    """Writes down that a phone was hung up on, for nobody waits any more."""
    open_still = (QueueRingRow.key == key) & QueueRingRow.over_at.is_(None)
    conn.execute(update(QueueRingRow).where(open_still).values(state="over", over_at=now))
