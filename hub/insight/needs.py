"""What needs somebody: the open problems, and how everything that was looked at is doing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.insight.health import ChannelHealth, Repeated, channels_health, repeated_jobs
from hub.store import problems
from hub.store.problems import Noted

_ENDED = 10
LOOK = "needs_you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """`hidden`: problems that were put off; `ended`: mended of late; `looked_at`: when somebody last looked."""

    problems: Sequence[Noted]
    hidden: Sequence[Noted]
    ended: Sequence[Noted]
    channels: Sequence[ChannelHealth]
    jobs: Sequence[Repeated]
    looked_at: datetime | None


def needs(conn: Connection, now: datetime, channels: Collection[str]) -> Needs:
    """Returns what needs somebody now. `channels`: the configured ones."""
    jobs = [job for job in repeated_jobs(conn) if is_of(job.name, channels)]
    return Needs(
        problems=problems.open_problems(conn, now),
        hidden=problems.open_problems(conn, now, hidden=True),
        ended=problems.ended_problems(conn, _ENDED),
        channels=channels_health(conn, list(channels)),
        jobs=jobs,
        looked_at=next((job.last_ok_at for job in jobs if job.name == LOOK), None),
    )


def is_of(job: str, channels: Collection[str]) -> bool:
    """Whether a job is the hub's own, or of a channel that is configured ("recall main_number")."""
    _, _, channel = job.partition(" ")
    return not channel or channel in channels
