"""The outbox as the dispatcher sees it: what is due, taking it, letting go of it, and what was left lying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal, or_, select, update

from hub.model.outbound import WAITING, State
from hub.model.problem import Problem
from hub.store import health
from hub.store.batch import Batch, update_batch
from hub.store.installation import fact
from hub.store.outbox import note_steps
from hub.store.question import Question, Rows, columns_of, ids_of
from hub.store.tables import ChannelStateRow, DeliveryEventRow, MessageRow, Moment

KILL_SWITCH = "kill_switch"
# Staff resumes what staff paused; what a provider paused is tried again by itself.
PROVIDER = "The provider refuses us: "
TRY_AGAIN = timedelta(minutes=5)
CLAIMABLE = (State.READY.value, State.RETRY_WAIT.value, State.HELD.value)
_MESSAGE: Any = MessageRow.__table__  # declared as FromClause; the table itself costs less than its class
_ALL = _MESSAGE.c
_BY_IDS = Rows(MessageRow)
# What others may change of a message that is claimed or on its way; what it says stays, for as long as the first three.
_MOVING = (
    "dedupe_key", "state", "attempt", "id", "customer_id", "identity_id", "conversation_id", "staff_id", "reason",
    "delivery", "due_at", "expires_at", "worker", "lease_until",
)  # fmt: skip
_UNMOVED = itemgetter(*_MOVING[:3])
_MOVED = Rows(MessageRow, _MOVING)
_PAUSED = Question(
    columns_of(ChannelStateRow.channel, ChannelStateRow.paused_at, ChannelStateRow.paused_why),
    "channel_state WHERE channel_state.channel {among} AND channel_state.paused_at IS NOT NULL",
    keys="TEXT",
)
_CLAIMABLE_NOW = (
    select(_ALL.id)
    .where(_ALL.state.in_(CLAIMABLE), _ALL.due_at <= bindparam("now"), _ALL.channel == bindparam("channel"))
    .order_by(_ALL.due_at, _ALL.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Due:
    """What may be sent now: the channels with something due, or why nothing at all may go out."""

    channels: tuple[str, ...]
    stopped: str = ""


def kill_switch(conn: Connection) -> str:
    """Returns why nothing may be sent at all, or an empty text."""
    return fact(conn, KILL_SWITCH)


def ask_again(conn: Connection, reason: str, now: datetime) -> int:
    """Has the gates asked at once about what is held for a reason that is gone; returns how many."""
    waiting = (MessageRow.state == State.HELD.value) & (MessageRow.reason == reason)
    return conn.execute(update(MessageRow).where(waiting).values(due_at=now)).rowcount


def due(conn: Connection, channels: Sequence[str], now: datetime) -> Due:
    """Returns which of these channels have something due."""
    stopped = kill_switch(conn)
    if stopped:
        return Due((), stopped)
    rows = conn.scalars(
        select(MessageRow.channel)
        .where(MessageRow.state.in_(CLAIMABLE), MessageRow.due_at <= now, MessageRow.channel.in_(channels))
        .distinct()
    )
    return Due(tuple(rows))


def pause_by_provider(conn: Connection, problem: Problem, now: datetime) -> None:
    """Pauses a channel whose provider refuses us (a wrong password, a closed account); it is tried again later."""
    health.pause(conn, problem.where, f"{PROVIDER}{problem.message}", now)
    since = func.coalesce(ChannelStateRow.problem_since, literal(now, Moment()))
    told = {"problem": asdict(problem), "problem_since": since}
    conn.execute(update(ChannelStateRow).where(ChannelStateRow.channel == problem.where).values(**told))


@dataclass(frozen=True, slots=True)
class Pauses:
    """`in_force`: paused channels and why; `to_try`: paused by their provider, so long ago that one is tried."""

    in_force: Mapping[str, str]
    to_try: frozenset[str]


def pauses(conn: Connection, channels: Sequence[str], now: datetime) -> Pauses:
    """Returns which of these channels are paused."""
    paused = {channel: (at, why) for channel, at, why in _PAUSED(conn, channels)}
    to_try = frozenset(
        channel for channel, (at, why) in paused.items() if why.startswith(PROVIDER) and at + TRY_AGAIN <= now
    )
    return Pauses({channel: why for channel, (_, why) in paused.items() if channel not in to_try}, to_try)


def claim(
    conn: Connection, channel: str, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[dict[str, Any]]:
    """Takes messages of a channel that are due, earliest first; another process takes others (SKIP LOCKED)."""
    ids = ids_of(conn, _CLAIMABLE_NOW, {"channel": channel, "now": now, "limit": limit})
    if not ids:
        return []
    claimed = {"state": State.CLAIMED.value, "worker": worker, "lease_until": lease_until}
    move(conn, [(message, claimed) for message in ids], [])
    return by_ids(conn, ids)


def let_go(conn: Connection, worker: str) -> int:
    """Gives back what a worker has claimed and not submitted, as it stops; returns how many."""
    claimed = (MessageRow.worker == worker) & (MessageRow.state == State.CLAIMED.value)
    values = {"state": State.READY.value, "worker": "", "lease_until": None}
    return conn.execute(update(MessageRow).where(claimed).values(**values)).rowcount


def by_ids(conn: Connection, ids: Sequence[int], *, lock: bool = False) -> list[dict[str, Any]]:
    """Returns messages by their ids, in order of the ids; `lock` keeps other processes off until the commit."""
    return _BY_IDS(conn, ids, lock=lock)


def as_they_are(
    conn: Connection, ids: Sequence[int], known: Mapping[int, Mapping[str, Any]]
) -> dict[int, Mapping[str, Any]]:
    """Returns messages as they are now, by their ids; other processes are kept off them until the commit.

    `known`: as this process claimed or submitted them. Of those only what may have changed is read: what it says makes
    most of a row. One whose key (which erasing a customer takes), state or attempt is another by now is read whole.
    """
    now = {row["id"]: row for row in _MOVED(conn, ids, lock=True)}
    found: dict[int, Mapping[str, Any]] = {
        message: {**known[message], **row}
        for message, row in now.items()
        if message in known and _UNMOVED(known[message]) == _UNMOVED(row)
    }
    if len(found) < len(now):
        found |= {row["id"]: row for row in by_ids(conn, [message for message in now if message not in found])}
    return found


def move(
    conn: Connection, changes: Sequence[tuple[int, Mapping[str, Any]]], steps: Sequence[Mapping[str, Any]]
) -> None:
    """Changes messages (all with the same columns in one call) and notes the steps they took."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for message, values in changes:
        groups.setdefault(tuple(values), []).append({"id": message, **values})
    for names, rows in groups.items():
        _move(names)(conn, rows)
    note_steps(conn, steps)


@lru_cache(maxsize=64)
def _move(names: tuple[str, ...]) -> Batch:
    return update_batch(MessageRow, "id", names)


def expire_overdue(conn: Connection, now: datetime, limit: int = 500) -> int:
    """Ends what waits and is too late now; returns how many."""
    states = sorted(state.value for state in WAITING)
    ids = list(
        conn.scalars(
            select(MessageRow.id)
            .where(MessageRow.state.in_(states), MessageRow.due_at <= now, MessageRow.expires_at <= now)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    changes = [(message, {"state": State.EXPIRED.value, "reason": "expired"}) for message in ids]
    steps = [
        {"message_id": message, "state": State.EXPIRED.value, "reason": "expired", "seen": None, "at": now}
        for message in ids
    ]
    move(conn, changes, steps)
    return len(ids)


def left_lying(conn: Connection, now: datetime, *, others_than: str | None = None) -> list[dict[str, Any]]:
    """Returns messages whose worker let its lease pass: claimed (nothing sent) or submitting (nobody knows).

    `others_than`: those of every other worker too, lease or not; for the only process that may send.
    """
    held = MessageRow.state.in_((State.CLAIMED.value, State.SUBMITTING.value))
    gone = MessageRow.lease_until <= now
    if others_than is not None:
        gone = or_(gone, MessageRow.worker != others_than)
    statement = select(*_ALL).where(and_(held, gone)).order_by(MessageRow.id).limit(500)
    return [dict(row._mapping) for row in conn.execute(statement.with_for_update(skip_locked=True))]


def doubtful(conn: Connection, now: datetime, limit: int = 100) -> list[dict[str, Any]]:
    """Returns unknown messages to look at now: whose time for it has come, or of which news came in."""
    statement = (
        select(*_ALL)
        .where(
            MessageRow.state == State.UNKNOWN.value,
            or_(MessageRow.due_at <= now, MessageRow.delivery.not_in(("", "unknown"))),
        )
        .order_by(MessageRow.due_at, MessageRow.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in conn.execute(statement)]


def told_reference(conn: Connection, message: int) -> str:
    """Returns the provider's name for a message as its news tell it, where our own answer was lost."""
    found = conn.scalar(
        select(DeliveryEventRow.reference)
        .where(DeliveryEventRow.message_id == message, DeliveryEventRow.reference != "")
        .order_by(DeliveryEventRow.id)
        .limit(1)
    )
    return found or ""
