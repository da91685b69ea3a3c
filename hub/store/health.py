"""How each channel is doing: its last success, what is wrong with it, whether it is paused."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal, select, update

from hub.model.problem import Problem
from hub.store.batch import Batch, typed
from hub.store.interactions import NOT_CAPTURED
from hub.store.tables import ArrivalRow, ChannelStateRow, JobRow, MessageRow, Moment
from hub.store.upsert import insert_new

# With every batch that is sent: one statement.
_OUT = Batch(
    typed(ChannelStateRow, ("channel", "last_ok_at", "last_out_at", "paused_why", "forged")),
    "INSERT INTO channel_state (channel, last_ok_at, last_out_at, paused_why, forged) {rows} ON CONFLICT (channel)"
    " DO UPDATE SET last_ok_at = excluded.last_ok_at, last_out_at = excluded.last_out_at, problem = NULL,"
    " problem_since = NULL",
)


def _note(conn: Connection, channel: str, **values: Any) -> None:
    insert_new(conn, ChannelStateRow, [{"channel": channel}])
    conn.execute(update(ChannelStateRow).where(ChannelStateRow.channel == channel).values(**values))


def note_well(conn: Connection, channel: str, now: datetime) -> None:
    """Notes that a channel was reached and all is well."""
    _note(conn, channel, last_ok_at=now, problem=None, problem_since=None)


def note_in(conn: Connection, channel: str, now: datetime) -> None:
    """Notes that something came in."""
    _note(conn, channel, last_ok_at=now, last_in_at=now)


def note_out(conn: Connection, channel: str, now: datetime) -> None:
    """Notes that something was sent."""
    _OUT(conn, [{"channel": channel, "last_ok_at": now, "last_out_at": now, "paused_why": "", "forged": 0}])


def note_problem(conn: Connection, problem: Problem, now: datetime) -> None:
    """Notes what is wrong with a channel; since when stays the first time."""
    insert_new(conn, ChannelStateRow, [{"channel": problem.where}])
    since = func.coalesce(ChannelStateRow.problem_since, literal(now, Moment()))
    values = {"problem": asdict(problem), "problem_since": since}
    conn.execute(update(ChannelStateRow).where(ChannelStateRow.channel == problem.where).values(**values))


def note_forged(conn: Connection, channel: str, count: int, now: datetime) -> None:
    """Counts requests that were not authentic; nothing else is kept of them."""
    _note(conn, channel, forged=ChannelStateRow.forged + count, forged_at=now)


def forged(conn: Connection) -> dict[str, int]:
    """Returns how many requests to each channel were ever not authentic."""
    return {row.channel: row.forged for row in conn.execute(select(ChannelStateRow.channel, ChannelStateRow.forged))}


def pause(conn: Connection, channel: str, why: str, now: datetime) -> None:
    """Stops a channel from sending until somebody mends it or it is tried again."""
    _note(conn, channel, paused_at=now, paused_why=why)


def resume(conn: Connection, channel: str) -> None:
    """Lets a channel send again."""
    _note(conn, channel, paused_at=None, paused_why="")


def channel_states(conn: Connection, *, counted: bool = True) -> dict[str, dict[str, Any]]:
    """Returns how every channel is doing, with what could not be read and what waits to be sent.

    `counted` False leaves these two out: counting what waits takes long while a large campaign goes out.
    """
    states = {row.channel: dict(row._mapping) for row in conn.execute(select(ChannelStateRow.__table__))}
    if not counted:
        return states
    unread = conn.execute(
        select(ArrivalRow.channel, func.count().label("n"))
        .where(NOT_CAPTURED, ArrivalRow.state == "quarantined")
        .group_by(ArrivalRow.channel)
    )
    for row in unread:
        states.setdefault(row.channel, {"channel": row.channel})["could_not_be_read"] = row.n
    waiting = conn.execute(
        select(MessageRow.channel, func.count().label("n"))
        .where(MessageRow.state.in_(("ready", "retry_wait", "held", "claimed", "submitting", "unknown")))
        .group_by(MessageRow.channel)
    )
    for row in waiting:
        states.setdefault(row.channel, {"channel": row.channel})["waiting"] = row.n
    return states


def job_counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Returns how many jobs of each (kind, state) there are, the finished ones left out."""
    rows = conn.execute(
        select(JobRow.kind, JobRow.state, func.count().label("n"))
        .where(JobRow.state != "done")
        .group_by(JobRow.kind, JobRow.state)
    )
    return {(row.kind, row.state): row.n for row in rows}
