"""Runs: one execution of a campaign, whose messages and skips sum to its audience at every commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, insert, select, update

from hub.model.campaign import ENDED, RunState
from hub.model.errors import NotFound
from hub.model.outbound import State
from hub.store.outbox import note_steps
from hub.store.question import Question, columns_of
from hub.store.tables import CampaignRow, CustomerRow, MessageRow, RunRow, RunSkipRow

_ALL = (*RunRow.__table__.c, CampaignRow.name.label("campaign"), CampaignRow.title)
_STAND = Question(columns_of(RunRow.id, RunRow.state), "run WHERE run.id {among} ORDER BY run.id")
_HELD = Question(columns_of(RunRow.id, RunRow.state), "run WHERE run.id {among} ORDER BY run.id {locked}", lock="SHARE")
_RUNS = select(*_ALL).join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
# Asked for with every batch that is rendered.
_FACTS = Question(
    columns_of(RunRow.id, CampaignRow.name, CampaignRow.title, RunRow.definition),
    "run JOIN campaign ON campaign.id = run.campaign_id WHERE run.id {among}",
)
# What a pause takes out of the dispatcher's sight, and what it leaves to run out.
_TO_PARK = (State.READY.value, State.RETRY_WAIT.value, State.HELD.value)
_WAITING = (State.PLANNED.value, *_TO_PARK)
# What was claimed asks its gates once more before a byte leaves, and finds the run stopped.
IN_FLIGHT = (State.SUBMITTING.value,)
_UNDECIDED = (*_WAITING, State.CLAIMED.value, *IN_FLIGHT, State.UNKNOWN.value)
# So many rows are parked or cancelled in one transaction; the gate holds the others until they are.
AT_ONCE = 5_000
PAUSED, CANCELLED = "run_paused", "run_cancelled"
COUNTS_CLICKS = "count_clicks"


def start(
    conn: Connection,
    campaign: Mapping[str, Any],
    *,
    starts_at: datetime,
    segment_id: int,
    definition: Mapping[str, Any],
    state: RunState,
    now: datetime,
) -> bool:
    """Adds a run of a campaign; returns False when there is one of that time already."""
    row = {
        "campaign_id": campaign["id"],
        "campaign_version": campaign["version"],
        "segment_id": segment_id,
        "definition": dict(definition),
        "starts_at": starts_at,
        "state": state.value,
        "created_at": now,
        "ended_at": now if state in ENDED else None,
    }
    there = conn.scalar(select(RunRow.id).where(RunRow.campaign_id == campaign["id"], RunRow.starts_at == starts_at))
    if there is not None:
        return False
    conn.execute(insert(RunRow).values(**row))
    return True


def by_id(conn: Connection, run_id: int) -> dict[str, Any]:
    """Returns a run with its campaign's name and title. Raises NotFound."""
    row = conn.execute(_RUNS.where(RunRow.id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return dict(row._mapping)


def of_campaign(conn: Connection, campaign_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns the runs of a campaign, newest first."""
    return _read(conn, _RUNS.where(RunRow.campaign_id == campaign_id).order_by(RunRow.id.desc()).limit(limit))


def in_state(conn: Connection, *wanted: RunState) -> list[dict[str, Any]]:
    """Returns the runs in these states, the earliest first."""
    states = [state.value for state in wanted]
    return _read(conn, _RUNS.where(RunRow.state.in_(states)).order_by(RunRow.starts_at, RunRow.id))


def to_look_after(conn: Connection) -> list[dict[str, Any]]:
    """Returns the runs that have not ended, and cancelled ones of which something may still wait."""
    states = [state.value for state in (RunState.PLANNING, RunState.RUNNING, RunState.PAUSED, RunState.CANCELLED)]
    open_ones = _RUNS.where(RunRow.state.in_(states), RunRow.ended_at.is_(None))
    return _read(conn, open_ones.order_by(RunRow.starts_at, RunRow.id))


def _read(conn: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in conn.execute(statement)]


def campaign_values(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns what templates may say of the campaign of each run: its title, name and variables."""
    rows = _FACTS(conn, sorted(set(ids)))
    return {run: campaign_facts(name, title, definition) for run, name, title, definition in rows}


def counting_clicks(conn: Connection, ids: Sequence[int]) -> frozenset[int]:
    """Returns the runs of whose promotions clicks are counted."""
    return frozenset(run for run, _, _, definition in _FACTS(conn, sorted(set(ids))) if definition.get(COUNTS_CLICKS))


def campaign_facts(name: str, title: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what templates may say of a campaign."""
    return {**definition.get("variables", {}), "name": name, "title": title}


def how_they_stand(conn: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, str]:
    """Returns the state of runs; `lock`: they are not paused or cancelled until this transaction ends."""
    stand = (_HELD if lock else _STAND)(conn, sorted(set(ids)))
    return {row[0]: row[1] for row in stand}


def in_flight(conn: Connection, run_id: int) -> tuple[int, int]:
    """Returns how many messages of a run are being handed over, and how many wait."""
    many = states(conn, run_id)
    return sum(many.get(state, 0) for state in IN_FLIGHT), sum(
        many.get(state, 0) for state in (*_WAITING, State.CLAIMED)
    )


def move(conn: Connection, run_id: int, old: Sequence[RunState], new: RunState, **values: Any) -> bool:
    """Moves a run from one of these states to another; returns whether it did."""
    ours = (RunRow.id == run_id) & RunRow.state.in_([state.value for state in old])
    return conn.execute(update(RunRow).where(ours).values(state=new.value, **values)).rowcount == 1


def park(conn: Connection, run_id: int, limit: int = AT_ONCE) -> int:
    """Takes waiting messages of a paused run out of the dispatcher's sight; their time stays. Returns how many."""
    return len(_change(conn, run_id, _TO_PARK, limit, {"state": State.PLANNED.value, "reason": PAUSED}))


def unpark(conn: Connection, run_id: int, limit: int = AT_ONCE) -> int:
    """Gives the parked messages of a resumed run back to the dispatcher; returns how many."""
    return len(_change(conn, run_id, (State.PLANNED.value,), limit, {"state": State.READY.value, "reason": ""}))


def cancel_waiting(conn: Connection, run_id: int, now: datetime, limit: int = AT_ONCE) -> int:
    """Cancels what still waits of a run; returns how many."""
    values = {"state": State.CANCELLED.value, "reason": CANCELLED}
    cancelled = _change(conn, run_id, _WAITING, limit, values)
    note_steps(conn, [{"message_id": message, **values, "at": now} for message in cancelled])
    return len(cancelled)


def _change(conn: Connection, run_id: int, states: Sequence[str], limit: int, values: Mapping[str, Any]) -> list[int]:
    chosen = (
        select(MessageRow.id)
        .where(MessageRow.run_id == run_id, MessageRow.state.in_(states))
        .order_by(MessageRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    changed = update(MessageRow).where(MessageRow.id.in_(chosen)).values(**values).returning(MessageRow.id)
    return list(conn.scalars(changed))


def is_over(conn: Connection, run_id: int) -> bool:
    """Says whether nothing of a run is on its way or waits any more."""
    return not _has(conn, run_id, _UNDECIDED)


def is_untidy(conn: Connection, run_id: int, state: RunState) -> bool:
    """Says whether messages of a run are not where its state wants them: parked, given back or cancelled."""
    match state:
        case RunState.PAUSED:
            return _has(conn, run_id, _TO_PARK)
        case RunState.CANCELLED:
            return _has(conn, run_id, _WAITING)
    return _has(conn, run_id, (State.PLANNED.value,))


def _has(conn: Connection, run_id: int, states: Sequence[str]) -> bool:
    return bool(conn.scalar(select(exists().where(MessageRow.run_id == run_id, MessageRow.state.in_(states)))))


def states(conn: Connection, run_id: int) -> dict[str, int]:
    """Returns how many messages of a run are in each state."""
    rows = conn.execute(
        select(MessageRow.state, func.count()).where(MessageRow.run_id == run_id).group_by(MessageRow.state)
    )
    return {row[0]: row[1] for row in rows}


def reasons(conn: Connection, run_id: int) -> list[tuple[str, str, int]]:
    """Returns (state, reason, how many), with `skipped` as the state of those who got no message; they sum to all."""
    told = conn.execute(
        select(MessageRow.state, MessageRow.reason, func.count().label("many"))
        .where(MessageRow.run_id == run_id)
        .group_by(MessageRow.state, MessageRow.reason)
    )
    skipped = conn.execute(
        select(RunSkipRow.reason, func.count().label("many"))
        .where(RunSkipRow.run_id == run_id)
        .group_by(RunSkipRow.reason)
    )
    found = [(row.state, row.reason, row.many) for row in told]
    return sorted([*found, *[("skipped", row.reason, row.many) for row in skipped]], key=lambda one: (-one[2], one))


def skips(conn: Connection, run_id: int, *, reason: str = "", after: int = 0, limit: int = 50) -> list[dict[str, Any]]:
    """Returns who of a run's audience got no message and why, by customer; those after a customer only."""
    statement = (
        select(RunSkipRow.__table__, CustomerRow.display_name)
        .join(CustomerRow, CustomerRow.id == RunSkipRow.customer_id)
        .where(RunSkipRow.run_id == run_id, RunSkipRow.customer_id > after)
        .order_by(RunSkipRow.customer_id)
        .limit(limit)
    )
    if reason:
        statement = statement.where(RunSkipRow.reason == reason)
    return [dict(row._mapping) for row in conn.execute(statement)]


def skips_of(conn: Connection, customer_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns the runs that passed a customer over, newest first, with campaign, title and channel."""
    rows = conn.execute(
        select(RunSkipRow.__table__, CampaignRow.name, CampaignRow.title, RunRow.definition)
        .join(RunRow, RunRow.id == RunSkipRow.run_id)
        .join(CampaignRow, CampaignRow.id == RunRow.campaign_id)
        .where(RunSkipRow.customer_id == customer_id)
        .order_by(RunSkipRow.at.desc(), RunSkipRow.run_id.desc())
        .limit(limit)
    )
    return [dict(row._mapping) for row in rows]
