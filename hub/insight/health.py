"""Health: how each channel and each repeated job is doing, and what somebody has to mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hub.model.problem import Problem, Severity
from hub.store import backfills, health, interactions, mailboxes, sensitive, sight
from hub.store.backfills import Backfill
from hub.store.leases import ticks
from hub.store.mailboxes import Mailbox
from hub.store.tables import ArrivalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """How one channel is doing; `waiting` messages are to be sent by it, `unread` arrivals could not be read.

    `mailboxes` and `backfills`, older mail asked for, are those of a channel whose server keeps its mail.
    """

    name: str
    last_ok_at: datetime | None = None
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    problem: Problem | None = None
    problem_since: datetime | None = None
    paused_at: datetime | None = None
    paused_why: str = ""
    forged: int = 0
    forged_at: datetime | None = None
    unread: int = 0
    waiting: int = 0
    mailboxes: Sequence[Mailbox] = ()
    backfills: Sequence[Backfill] = ()

    @property
    def ails(self) -> bool:
        """Whether somebody has to look."""
        return self.problem is not None or self.paused_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A repeated job of the hub: when it ran, when it runs next, by how much it is late."""

    name: str
    next_run_at: datetime
    last_run_at: datetime | None
    last_ok_at: datetime | None
    last_error: str
    lag_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An arrival that could not be read, and why; its raw is kept."""

    id: int
    channel: str
    key: str
    reason: str
    content_type: str
    received_at: datetime


def channels_health(conn: Connection, names: Sequence[str], *, counted: bool = True) -> list[ChannelHealth]:
    """Returns how the named channels are doing, then those no longer configured of which something is known.

    `counted` False: without how much waits and how much could not be read.
    """
    states = health.channel_states(conn, counted=counted)
    channels = [_channel(name, states.get(name, {})) for name in [*names, *sorted(set(states) - set(names))]]
    read = mailboxes.all_mailboxes(conn)
    asked = backfills.open_ones(conn, list(read)) if read else []
    return [
        replace(
            channel, mailboxes=read[channel.name], backfills=[each for each in asked if each.channel == channel.name]
        )
        if channel.name in read
        else channel
        for channel in channels
    ]


def repeated_jobs(conn: Connection) -> list[Repeated]:
    """Returns every repeated job by name."""
    return [Repeated(**row) for row in ticks(conn)]


def unread(conn: Connection, *, channel: str = "", before: int | None = None, limit: int = 50) -> list[Unread]:
    """Returns what could not be read, newest first."""
    rows = interactions.quarantined(conn, before=before, limit=limit)
    unseen = frozenset() if sight.sees_everything() else sensitive.marks(conn).channels
    rows = [{**row, "reason": ""} if row["channel"] in unseen else row for row in rows]
    return [Unread(**{name: row[name] for name in Unread.__slots__}) for row in rows if channel in ("", row["channel"])]


def unread_count(conn: Connection) -> int:
    """Returns how many arrivals could not be read."""
    return (
        conn.scalar(
            select(func.count())
            .select_from(ArrivalRow)
            .where(interactions.NOT_CAPTURED, ArrivalRow.state == "quarantined")
        )
        or 0
    )


def unread_ids(conn: Connection, limit: int) -> list[int]:
    """Returns the oldest arrivals that could not be read, for trying them all again."""
    oldest = (
        select(ArrivalRow.id)
        .where(interactions.NOT_CAPTURED, ArrivalRow.state == "quarantined")
        .order_by(ArrivalRow.id)
        .limit(limit)
    )
    return list(conn.scalars(oldest))


def _channel(name: str, state: dict[str, Any]) -> ChannelHealth:
    known = {field: state[field] for field in ChannelHealth.__slots__ if state.get(field) is not None}
    if problem := known.pop("problem", None):
        known["problem"] = Problem(**{**problem, "severity": Severity(problem["severity"])})
    return ChannelHealth(**{**known, "name": name}, unread=state.get("could_not_be_read", 0))
