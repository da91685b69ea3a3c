"""Results of a sequence: how many entered, where they are, and what came of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from hub.model.outbound import State
from hub.model.sequence import Standing
from hub.outreach.reasons import in_general
from hub.store.tables import EnrolmentRow, EnrolmentStepRow, MessageRow


@dataclass(slots=True, kw_only=True)
class StepResults:
    """What came of one step. `waiting`: who stands before it; `outcomes`: how often which; `messages`: by state."""

    step: str
    waiting: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        return self.messages.get(State.ACCEPTED, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceResults:
    """How many entered, and of them: `active` on the way, `done` at the end, `left` by `why`."""

    entered: int
    active: int
    done: int
    left: Mapping[str, int]
    steps: Mapping[str, StepResults]


def results(conn: Connection, sequence: str) -> SequenceResults:
    """Returns what came of a sequence so far, of all its versions."""
    standing = conn.execute(
        select(EnrolmentRow.state, EnrolmentRow.step, EnrolmentRow.why, func.count().label("many"))
        .where(EnrolmentRow.sequence == sequence)
        .group_by(EnrolmentRow.state, EnrolmentRow.step, EnrolmentRow.why)
    ).all()
    steps: dict[str, StepResults] = {}
    counts: dict[str, int] = {}
    left: dict[str, int] = {}
    for row in standing:
        counts[row.state] = counts.get(row.state, 0) + row.many
        if row.state == Standing.ACTIVE:
            step = steps.setdefault(row.step, StepResults(step=row.step))
            step.waiting += row.many
        if row.state == Standing.LEFT:
            left[row.why] = left.get(row.why, 0) + row.many
    for row in _taken(conn, sequence):
        step = steps.setdefault(row.step, StepResults(step=row.step))
        if row.kind != "leave":
            step.outcomes[row.outcome] = step.outcomes.get(row.outcome, 0) + row.many
            step.words[row.outcome] = in_general("", row.outcome)
        if row.state is not None:
            step.messages[row.state] = step.messages.get(row.state, 0) + row.many
    return SequenceResults(
        entered=sum(counts.values()),
        active=counts.get(Standing.ACTIVE, 0),
        done=counts.get(Standing.DONE, 0),
        left=left,
        steps=steps,
    )


def _taken(conn: Connection, sequence: str) -> Any:
    return conn.execute(
        select(
            EnrolmentStepRow.step,
            EnrolmentStepRow.kind,
            EnrolmentStepRow.outcome,
            MessageRow.state,
            func.count().label("many"),
        )
        .join(EnrolmentRow, EnrolmentRow.id == EnrolmentStepRow.enrolment_id)
        .outerjoin(MessageRow, MessageRow.id == EnrolmentStepRow.message_id)
        .where(EnrolmentRow.sequence == sequence)
        .group_by(EnrolmentStepRow.step, EnrolmentStepRow.kind, EnrolmentStepRow.outcome, MessageRow.state)
    )
