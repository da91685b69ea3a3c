"""Enrolments: who is on the way through which sequence, moved by compare-and-set; every step they took is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from hub.model.errors import NotFound
from hub.model.sequence import Standing
from hub.store.batch import insert_batch, update_batch
from hub.store.outbox import cancel_about
from hub.store.question import Question, columns_of
from hub.store.sequences import ON
from hub.store.tables import (
    CustomerRow,
    EnrolmentRow,
    EnrolmentStepRow,
    MessageRow,
    SequenceMemberRow,
    SequenceRow,
    SequenceSwitchRow,
)
from hub.store.upsert import insert_new

# What a message of a sequence is about: the enrolment.
ABOUT = "sequence"
_ALL = tuple(EnrolmentRow.__table__.c)
_NOTE = insert_batch(
    EnrolmentStepRow, ("enrolment_id", "position", "step", "kind", "outcome", "detail", "message_id", "at")
)
_PLANNED = Question(
    columns_of(MessageRow.dedupe_key, MessageRow.id), "message WHERE message.dedupe_key {among}", keys="TEXT"
)
_STAND = Question(
    columns_of(EnrolmentRow.id, EnrolmentRow.round, EnrolmentRow.state, SequenceSwitchRow.state),
    "enrolment LEFT JOIN sequence_switch ON sequence_switch.name = enrolment.sequence WHERE enrolment.id {among}",
)
_CONTEXTS = Question(columns_of(EnrolmentRow.id, EnrolmentRow.context), "enrolment WHERE enrolment.id {among}")
_GO_ON = update_batch(EnrolmentRow, "id", ("step", "position", "due_at", "context", "state", "ended_at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """A customer's newest way through a sequence."""

    round: int
    state: str
    ended_at: datetime | None
    key: str


def last_of(conn: Connection, sequence: str, customers: Sequence[int]) -> dict[int, Last]:
    """Returns the newest enrolment of each of these customers that has any."""
    if not customers:
        return {}
    rows = conn.execute(
        select(
            EnrolmentRow.customer_id,
            EnrolmentRow.round,
            EnrolmentRow.state,
            EnrolmentRow.ended_at,
            EnrolmentRow.context,
        )
        .where(EnrolmentRow.sequence == sequence, EnrolmentRow.customer_id.in_(sorted(set(customers))))
        .order_by(EnrolmentRow.round)
    )
    return {
        row.customer_id: Last(
            round=row.round, state=row.state, ended_at=row.ended_at, key=str(row.context.get("key", ""))
        )
        for row in rows
    }


def enrol(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Lets customers in; of two processes that let the same one in, one does."""
    insert_new(conn, EnrolmentRow, [{"position": 0, "why": "", "ended_at": None, **row} for row in rows])


def any_due(conn: Connection, now: datetime) -> bool:
    """Says whether anybody's next step is due."""
    return conn.execute(_due(now).with_only_columns(EnrolmentRow.id).limit(1)).first() is not None


def take_due(conn: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Returns enrolments whose next step is due, the earliest first, kept from other processes until the commit."""
    statement = _due(now).order_by(EnrolmentRow.due_at, EnrolmentRow.id).limit(limit)
    rows = conn.execute(statement.with_for_update(skip_locked=True, of=EnrolmentRow))
    return [dict(row._mapping) for row in rows]


def _due(now: datetime) -> Any:
    return (
        select(*_ALL)
        .join(SequenceSwitchRow, SequenceSwitchRow.name == EnrolmentRow.sequence)
        .where(EnrolmentRow.state == Standing.ACTIVE.value, EnrolmentRow.due_at <= now, SequenceSwitchRow.state == ON)
    )


def active_of(conn: Connection, sequence: str, customers: Sequence[int]) -> list[dict[str, Any]]:
    """Returns the enrolments of these customers that are under way."""
    if not customers:
        return []
    rows = conn.execute(
        select(*_ALL).where(
            EnrolmentRow.sequence == sequence,
            EnrolmentRow.customer_id.in_(sorted(set(customers))),
            EnrolmentRow.state == Standing.ACTIVE.value,
        )
    )
    return [dict(row._mapping) for row in rows]


def move(conn: Connection, row: Mapping[str, Any], **values: Any) -> bool:
    """Moves an enrolment on from where it was seen; returns False where another was faster."""
    ours = (
        (EnrolmentRow.id == row["id"])
        & (EnrolmentRow.position == row["position"])
        & (EnrolmentRow.state == Standing.ACTIVE.value)
    )
    return conn.execute(update(EnrolmentRow).where(ours).values(**values)).rowcount == 1


def go_on(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Moves enrolments on that `take_due` returned in this transaction: nobody else can have since.

    `rows`: id, step, position, due_at, context, state and ended_at of each, as they are from now on.
    """
    _GO_ON(conn, rows)


def leave(conn: Connection, row: Mapping[str, Any], why: str, now: datetime) -> bool:
    """Ends somebody's way before its end; what still waits to be sent of it is cancelled."""
    ended = {"state": Standing.LEFT.value, "why": why, "ended_at": now, "position": row["position"] + 1}
    if not move(conn, row, **ended):
        return False
    note(conn, [step_row(row, row["position"], row["step"], "leave", why, now)])
    cancel_about(conn, ABOUT, row["id"], now, f"sequence_{why}")
    return True


def step_row(
    row: Mapping[str, Any],
    position: int,
    step: str,
    kind: str,
    outcome: str,
    at: datetime,
    *,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns one step of an enrolment as `note` takes it."""
    return {
        "enrolment_id": row["id"],
        "position": position,
        "step": step,
        "kind": kind,
        "outcome": outcome,
        "detail": dict(detail or {}),
        "message_id": None,
        "at": at,
    }


def note(conn: Connection, steps: Sequence[Mapping[str, Any]]) -> None:
    """Keeps steps that were taken."""
    _NOTE(conn, steps)


def with_messages(
    conn: Connection, steps: Sequence[Mapping[str, Any]], keys: Mapping[str, tuple[int, int]]
) -> list[dict[str, Any]]:
    """Returns steps with the message that each became; `keys`: enrolment and position by the message's dedupe key."""
    became = {keys[key]: number for key, number in _PLANNED(conn, sorted(keys))}
    return [{**step, "message_id": became.get((step["enrolment_id"], step["position"]))} for step in steps]


def stand(conn: Connection, ids: Sequence[int]) -> dict[int, tuple[int, str, str]]:
    """Returns round and state of enrolments, and whether their sequence is on."""
    rows = _STAND(conn, sorted(set(ids)))
    return {number: (round_, state, switch or "off") for number, round_, state, switch in rows}


def contexts(conn: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Returns (id, context) of enrolments: what let each in."""
    return [{"id": number, "context": context} for number, context in _CONTEXTS(conn, sorted(set(ids)))]


def leave_all(conn: Connection, sequence: str, why: str, now: datetime, limit: int = 1_000) -> int:
    """Ends everybody's way through a sequence, so many at once; returns how many."""
    rows = conn.execute(
        select(*_ALL)
        .where(EnrolmentRow.sequence == sequence, EnrolmentRow.state == Standing.ACTIVE.value)
        .order_by(EnrolmentRow.id)
        .limit(limit)
    ).all()
    return sum(leave(conn, dict(row._mapping), why, now) for row in rows)


def by_id(conn: Connection, enrolment_id: int) -> dict[str, Any]:
    """Returns an enrolment with its customer's name. Raises NotFound."""
    row = conn.execute(
        select(*_ALL, CustomerRow.display_name)
        .join(CustomerRow, CustomerRow.id == EnrolmentRow.customer_id)
        .where(EnrolmentRow.id == enrolment_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no enrolment {enrolment_id}.")
    return dict(row._mapping)


def steps_of(conn: Connection, enrolment_id: int) -> list[dict[str, Any]]:
    """Returns every step that an enrolment took, in order."""
    rows = conn.execute(
        select(EnrolmentStepRow.__table__)
        .where(EnrolmentStepRow.enrolment_id == enrolment_id)
        .order_by(EnrolmentStepRow.position)
    )
    return [dict(row._mapping) for row in rows]


def people(
    conn: Connection, sequence: str, *, state: str = "", step: str = "", after: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """Returns who is or was on the way, by ascending enrolment; `step`: who waits before it."""
    statement = (
        select(*_ALL, CustomerRow.display_name)
        .join(CustomerRow, CustomerRow.id == EnrolmentRow.customer_id)
        .where(EnrolmentRow.sequence == sequence, EnrolmentRow.id > after)
    )
    if state:
        statement = statement.where(EnrolmentRow.state == state)
    if step:
        statement = statement.where(EnrolmentRow.step == step)
    return [dict(row._mapping) for row in conn.execute(statement.order_by(EnrolmentRow.id).limit(limit))]


def of_customer(conn: Connection, customer: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns a customer's ways through sequences, newest first, with the sequence's title."""
    rows = conn.execute(
        select(*_ALL, SequenceRow.definition)
        .join(SequenceRow, SequenceRow.id == EnrolmentRow.sequence_id)
        .where(EnrolmentRow.customer_id == customer)
        .order_by(EnrolmentRow.id.desc())
        .limit(limit)
    )
    return [{**row._mapping, "title": row.definition.get("title") or row.sequence} for row in rows]


def members(conn: Connection, sequence: str, first: int, last: int) -> set[int]:
    """Returns who of the customers from `first` to `last` was in a sequence's segment when it was last looked at."""
    span = and_(SequenceMemberRow.customer_id >= first, SequenceMemberRow.customer_id <= last)
    return set(conn.scalars(select(SequenceMemberRow.customer_id).where(SequenceMemberRow.sequence == sequence, span)))


def last_member(conn: Connection, sequence: str) -> int:
    """Returns the largest number of a customer that was in a sequence's segment."""
    found = select(func.max(SequenceMemberRow.customer_id)).where(SequenceMemberRow.sequence == sequence)
    return conn.scalar(found) or 0


def change_members(conn: Connection, sequence: str, came: Sequence[int], went: Sequence[int]) -> None:
    """Notes who came into a sequence's segment and who went out of it."""
    insert_new(conn, SequenceMemberRow, [{"sequence": sequence, "customer_id": one} for one in came])
    for start in range(0, len(went), 500):
        gone = SequenceMemberRow.customer_id.in_(went[start : start + 500])
        conn.execute(delete(SequenceMemberRow).where(SequenceMemberRow.sequence == sequence, gone))
