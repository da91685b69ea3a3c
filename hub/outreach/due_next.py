"""Due next: what stands on a copy that is played through, and when something on it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from hub.model.campaign import LAUNCHED, RunState
from hub.model.sequence import Standing, Trigger
from hub.outreach.sequencing.entering import SCANNED
from hub.store import dispatching, health, sequences
from hub.store.tables import (
    CampaignRow,
    EnrolmentRow,
    MessageRow,
    RunRow,
    SegmentRow,
    SequenceSwitchRow,
)
from hub.store.tables.base import EPOCH

LAST = timedelta(milliseconds=1)
# What is due within so long is done together, each at its own time. It ends where hours do, and days of UTC, by which
# the rulebook's rows begin to hold.
_SPAN = timedelta(hours=3)
# The row of a segment that asks about what we wrote.
_FROM_US = "from_us"
_LAUNCHED = CampaignRow.state.in_(sorted(LAUNCHED))
_OPEN_RUNS = (RunState.PLANNING.value, RunState.RUNNING.value, RunState.PAUSED.value, RunState.CANCELLED.value)
# Written once: they are asked at every step, and building one takes as long as its answer.
_ANY_DUE = select(CampaignRow.id).where(_LAUNCHED, CampaignRow.next_run_at <= bindparam("now")).limit(1)
_ANY_OPEN = select(RunRow.id).where(RunRow.state.in_(_OPEN_RUNS), RunRow.ended_at.is_(None)).limit(1)
_NEXT_RUN = select(func.min(CampaignRow.next_run_at)).where(_LAUNCHED, CampaignRow.next_run_at > bindparam("after"))
# One by one: each is the first of its part of the index.
_NEXT_MESSAGES = tuple(
    select(func.min(MessageRow.due_at)).where(MessageRow.state == state, MessageRow.due_at > bindparam("after"))
    for state in dispatching.CLAIMABLE
)
_FIRST_STEP = (
    select(EnrolmentRow.due_at)
    .join(SequenceSwitchRow, SequenceSwitchRow.name == EnrolmentRow.sequence)
    .where(EnrolmentRow.state == Standing.ACTIVE.value, SequenceSwitchRow.state == sequences.ON)
    .order_by(EnrolmentRow.due_at)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a copy begins with: its newest message, and whether something looks at its history."""

    newest: int
    keeps_history: bool


def begin(conn: Connection, given: tuple[Sequence[str], datetime]) -> Begun:
    """Reads what a copy begins with; a channel that its provider refused is taken to work again, as it is tried."""
    channels, now = given
    for channel in dispatching.pauses(conn, channels, now + dispatching.TRY_AGAIN).to_try:
        health.resume(conn, channel)
    return Begun(
        newest=conn.scalar(select(func.max(MessageRow.id))) or 0,
        keeps_history=_keeps_history(conn),
    )


def _keeps_history(conn: Connection) -> bool:
    """Says whether what was written to customers decides anything later: who has not answered, whom we wrote to."""
    on = _sequences_on(conn)
    if any(row.definition["entry"]["on"] == Trigger.NO_REPLY for row in on):
        return True
    launched = conn.scalars(select(CampaignRow.definition).where(CampaignRow.state.in_(sorted(LAUNCHED))))
    named = {row["segment"] for row in launched}.union(*(row.sequence.names["segment"] for row in on))
    asked = conn.scalars(select(SegmentRow.conditions).where(SegmentRow.name.in_(sorted(named))))
    return any(_FROM_US in str(conditions) for conditions in asked)


@dataclass(frozen=True, slots=True)
class Stands:
    """Whether campaigns or runs have something to do, when a campaign runs next, and when a step is due."""

    runs: bool
    next_run: datetime | None
    next_step: datetime | None


def stand(conn: Connection, now: datetime) -> Stands:
    return Stands(
        runs=bool(conn.scalar(_ANY_DUE, {"now": now}) or conn.scalar(_ANY_OPEN)),
        next_run=conn.scalar(_NEXT_RUN, {"after": now}),
        next_step=conn.scalar(_FIRST_STEP),
    )


def _sequences_on(conn: Connection) -> list[sequences.SequenceVersion]:
    on = {name for name, each in sequences.switches(conn).items() if each.state == sequences.ON}
    return [row for row in sequences.all_current(conn) if row.name in on]


def scans_for_people(conn: Connection, _: None) -> bool:
    """Says whether a sequence that is on looks for people, since no event tells of them."""
    return any(row.definition["entry"]["on"] in SCANNED for row in _sequences_on(conn))


def next_due(conn: Connection, after: datetime) -> datetime | None:
    """Returns when something is due next."""
    moments = [conn.scalar(asked, {"after": after}) for asked in (*_NEXT_MESSAGES, _NEXT_RUN)]
    moments.append(conn.scalar(_FIRST_STEP))
    return min((moment for moment in moments if moment is not None), default=None)


def end_of_span(at: datetime) -> datetime:
    """Returns the last moment of the span that a moment lies in."""
    return at - (at - EPOCH) % _SPAN + _SPAN - LAST
