"""Requests of persons: noted with their evidence, deadline and task, obeyed at once where they limit, and answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from hub.model.clean import clean_header, clean_text
from hub.model.errors import Refused
from hub.model.person_request import RequestKind, RequestState
from hub.store import audit, customers, limits, outbox, person_requests
from hub.store.audit import Actor
from hub.store.limits import Limit
from hub.store.tables import IdentityRow, TaskRow
from hub.store.upsert import insert_new

# What the task of each kind is called.
TASKS = {kind.value: f"request_{kind.value}" for kind in RequestKind}
_TITLES = {
    RequestKind.ACCESS: "Tell this customer what is kept of them (asked on {day})",
    RequestKind.COPY: "Give this customer a copy of their data (asked on {day})",
    RequestKind.CORRECTION: "Correct what is kept of this customer (asked on {day})",
    RequestKind.RESTRICTION: "Say whether the use of this customer's data stays restricted (asked on {day})",
    RequestKind.OBJECTION: "Say what becomes of this customer's objection to profiling (asked on {day})",
    RequestKind.ERASURE: "Erase this customer, or tell them why not (asked on {day})",
}
# What holds from the moment it was asked for, until somebody refuses it.
_AT_ONCE = {RequestKind.RESTRICTION: Limit.RESTRICTION, RequestKind.OBJECTION: Limit.PROFILING}
_LONGEST, _LONGEST_NAME = 4_000, 300


def ask(
    conn: Connection,
    kind: RequestKind,
    by: Actor,
    due_at: datetime,
    *,
    evidence: str,
    customer_id: int | None = None,
    who: str = "",
    checked: str = "",
    asked_at: datetime | None = None,
) -> int:
    """Notes a request and returns it; the same wish of a customer on the same day is no other.

    `evidence`: how and with which words it was made; `checked`: how it was made sure who asks; `who`: somebody that is
    no customer here. A restriction and an objection hold at once. Raises NotFound and Refused.
    """
    evidence = _words(evidence, "evidence", "Write how it was made, and in which words.")
    asked_at = asked_at or by.at
    if asked_at > by.at:
        raise Refused("A request cannot come from a day to come.", field="asked_at")
    if customer_id is not None:
        customers.require(conn, customer_id)
    elif not clean_header(who).strip():
        raise Refused("Whose request is it?", field="who", next_step="Name the customer, or write who asks.")
    day = asked_at.date().isoformat()
    task = {
        "key": f"request:{kind.value}:{customer_id or clean_header(who).strip()[:_LONGEST_NAME]}:{day}",
        "kind": TASKS[kind],
        "title": _TITLES[kind].format(day=day),
        "customer_id": customer_id,
        "due_at": due_at,
        "created_at": by.at,
    }
    is_new = insert_new(conn, TaskRow, [task]) == 1
    task_id = conn.scalar(select(TaskRow.id).where(TaskRow.key == task["key"]))
    if not is_new and (known := person_requests.of_task(conn, task_id)) is not None:
        return known
    row = {
        "customer_id": customer_id,
        "kind": kind.value,
        "who": clean_header(who).strip()[:_LONGEST_NAME],
        "evidence": evidence,
        "checked": clean_text(checked).strip()[:_LONGEST],
        "state": RequestState.OPEN.value,
        "asked_at": asked_at,
        "due_at": due_at,
        "task_id": task_id,
        "created_by": by.name,
    }
    made = person_requests.add(conn, row)
    if customer_id is not None and kind in _AT_ONCE:
        put(conn, customer_id, _AT_ONCE[kind], by, why="asked for", request_id=made)
    subject = f"customer/{customer_id}" if customer_id is not None else f"request/{made}"
    audit.note(conn, by, f"customer.asked_for_{kind.value}", subject)
    return made


def extend(conn: Connection, request_id: int, why: str, more: timedelta, by: Actor) -> datetime:
    """Makes the deadline of a request longer, once; returns the new one. Raises NotFound and Refused."""
    row = _open(conn, request_id)
    if row["extended_why"]:
        raise Refused("The deadline of this request was made longer before; the law allows it once.")
    if more <= timedelta():
        raise Refused("The law of the person's country gives no longer deadline.")
    why = _words(why, "why", "Write why: the person has to be told.")
    due_at: datetime = row["due_at"] + more
    person_requests.change(conn, request_id, due_at=due_at, extended_why=why)
    conn.execute(update(TaskRow).where(TaskRow.id == row["task_id"]).values(due_at=due_at))
    audit.note(conn, by, "request.extended", f"request/{request_id}")
    return due_at


def close(conn: Connection, request_id: int, state: RequestState, answer: str, by: Actor) -> None:
    """Ends a request with what was done or why not; its task is done. Raises NotFound and Refused.

    What held because of it holds on where it was granted, and no more where it was refused.
    """
    row = _open(conn, request_id)
    if state is RequestState.OPEN:
        raise Refused("A request ends as done or refused.", field="state")
    answer = _words(answer, "answer", "Write what was done, or why not: it is the evidence.")
    person_requests.change(conn, request_id, state=state.value, answer=answer, closed_at=by.at, closed_by=by.name)
    conn.execute(update(TaskRow).where(TaskRow.id == row["task_id"]).values(state="done", done_at=by.at))
    held = _AT_ONCE.get(RequestKind(row["kind"]))
    if state is RequestState.REFUSED and held is not None and row["customer_id"] is not None:
        limits.lift(conn, row["customer_id"], held, by.name, by.at)
    audit.note(conn, by, f"request.{state.value}", f"request/{request_id}")


def put(
    conn: Connection,
    customer_id: int,
    kind: Limit,
    by: Actor,
    *,
    why: str = "",
    guardian: str = "",
    request_id: int | None = None,
) -> None:
    """Puts a limit on a customer in force; what waits to go out is cancelled where it forbids it. Raises NotFound.

    `guardian`: of a child, who may agree for them. Said again of a child, the guardian is the one who is named now.
    """
    customers.require(conn, customer_id)
    if kind is Limit.CHILD:
        limits.lift(conn, customer_id, kind, by.name, by.at)
    limits.limit(
        conn,
        customer_id,
        kind,
        clean_text(why).strip()[:_LONGEST],
        by.name,
        by.at,
        guardian=clean_header(guardian).strip()[:_LONGEST_NAME],
        request_id=request_id,
    )
    if kind in (Limit.DECEASED, Limit.RESTRICTION):
        held = conn.scalars(select(IdentityRow.id).where(IdentityRow.customer_id == customer_id)).all()
        for identity in held:
            outbox.cancel_waiting(conn, identity, by.at, kind.value, purposes=("promotional", "reminder"))
    audit.note(conn, by, f"customer.{kind.value}", f"customer/{customer_id}")


def lift(conn: Connection, customer_id: int, kind: Limit, by: Actor) -> None:
    """Ends a limit. Raises NotFound for a customer, and Refused for a limit, that is not there."""
    customers.require(conn, customer_id)
    if not limits.lift(conn, customer_id, kind, by.name, by.at):
        raise Refused("This does not hold of the customer.", field="kind")
    audit.note(conn, by, f"customer.{kind.value}_lifted", f"customer/{customer_id}")


def _open(conn: Connection, request_id: int) -> dict[str, Any]:
    row = person_requests.get(conn, request_id)
    if row["state"] != RequestState.OPEN:
        raise Refused("This request was answered already.")
    return row


def _words(given: str, field: str, next_step: str) -> str:
    said = clean_text(given).strip()[:_LONGEST]
    if not said:
        raise Refused("This needs words: they are the evidence.", field=field, next_step=next_step)
    return said
