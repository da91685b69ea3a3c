"""Told: where a customer stands in sequences, in sentences: what comes next and when, and why it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.model.errors import HubError
from hub.model.sequence import Branch, Send, Sequence, Standing, Step, Task, WaitReply, Webhook
from hub.outreach.sequencing.answering import WAITING
from hub.store import enrolments, sequences

_ENDED = {
    "stop": "they asked us to stop",
    "reply": "they answered",
    "staff": "staff took them out",
    "off": "the sequence was switched off",
    "merged": "they were merged into another customer",
    "unreadable": "this hub cannot read the sequence any more",
    "bought": "they bought",
    "cart_changed": "they went on with the cart",
    "cart_emptied": "they emptied the cart",
    "cart_gone": "the cart does not exist any more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A customer's way through a sequence. `words`: where it stands, in a sentence; `due_at`: of the next step."""

    enrolment: int
    sequence: str
    title: str
    state: str
    step: str
    due_at: datetime | None
    entered_at: datetime
    ended_at: datetime | None
    why: str
    words: str


def of_customer(conn: Connection, customer: int, limit: int = 20) -> list[Way]:
    """Returns a customer's ways through sequences, newest first."""
    rows = enrolments.of_customer(conn, customer, limit)
    if not rows:
        return []
    versions = sequences.by_ids(conn, {row["sequence_id"] for row in rows})
    switched = sequences.switches(conn)
    read = {number: _read(version) for number, version in versions.items()}
    return [
        Way(
            enrolment=row["id"],
            sequence=row["sequence"],
            title=row["title"],
            state=row["state"],
            step=row["step"],
            due_at=row["due_at"] if row["state"] == Standing.ACTIVE else None,
            entered_at=row["entered_at"],
            ended_at=row["ended_at"],
            why=row["why"],
            words=_words(row, read.get(row["sequence_id"]), switched.get(row["sequence"])),
        )
        for row in rows
    ]


def _read(version: sequences.SequenceVersion) -> Sequence | None:
    try:
        return version.sequence
    except HubError:
        return None


def _words(row: Mapping[str, Any], steps: Sequence | None, switch: sequences.Switch | None) -> str:
    if row["state"] == Standing.DONE:
        return "Came to the end."
    if row["state"] == Standing.LEFT:
        return f"Left: {_ENDED.get(row['why'], row['why'].replace('_', ' ') or 'nobody said why')}."
    if switch is None or switch.state != sequences.ON:
        return "Waits: the sequence is paused." if switch and switch.state == sequences.PAUSED else "Waits: it is off."
    due = f"{row['due_at']:%Y-%m-%d %H:%M} UTC"
    step = steps.steps.get(row["step"]) if steps else None
    if isinstance(step, WaitReply) and row["context"].get(WAITING) == row["step"]:
        return f"Waits for an answer until {due}, then goes on with {step.silent!r}."
    return f"Waits until {due}, then {_does(step, row['step'])}."


def _does(step: Step | None, name: str) -> str:
    match step:
        case Send():
            return f"gets {step.template.replace('_', ' ')} by {step.channel}"
        case WaitReply():
            return "is waited for to answer"
        case Branch():
            return f"is asked {name!r}"
        case Task():
            return "becomes a task for staff"
        case Webhook():
            return "is told to another system"
    return f"goes on with {name!r}"
