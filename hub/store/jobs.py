"""Jobs: work that follows a commit, retried until it is done; and the domain events that rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from hub.store.tables import DomainEventRow, JobRow
from hub.store.upsert import insert_new

LEASE = timedelta(minutes=5)
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int


def enqueue(conn: Connection, kind: str, payloads: Sequence[tuple[str, Mapping[str, Any]]], now: datetime) -> None:
    """Adds jobs as (key, payload); a key already there is not added twice."""
    insert_new(
        conn,
        JobRow,
        [
            {"kind": kind, "key": f"{kind}:{key}", "payload": payload, "run_at": now, "created_at": now}
            for key, payload in payloads
        ],
    )


def claim(conn: Connection, worker: str, now: datetime, limit: int) -> list[Job]:
    """Takes due jobs for this worker; a worker that dies loses them when its lease ends."""
    due = (
        select(JobRow.id, JobRow.kind, JobRow.payload, JobRow.attempts)
        .where(
            or_(
                (JobRow.state == "waiting") & (JobRow.run_at <= now),
                (JobRow.state == "running") & (JobRow.lease_until < now),
            )
        )
        .order_by(JobRow.run_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = [Job(row.id, row.kind, row.payload, row.attempts + 1) for row in conn.execute(due)]
    if jobs:
        conn.execute(
            update(JobRow)
            .where(JobRow.id.in_([job.id for job in jobs]))
            .values(state="running", worker=worker, lease_until=now + LEASE, attempts=JobRow.attempts + 1)
        )
    return jobs


def finish(conn: Connection, job_id: int) -> None:
    """Marks a job as done."""
    conn.execute(update(JobRow).where(JobRow.id == job_id).values(state="done", last_error="", lease_until=None))


def fail(conn: Connection, job: Job, error: str, now: datetime, *, final: bool = False) -> None:
    """Puts a job back with a growing wait, or gives it up when it never can succeed or was tried too often."""
    wait = min(_FIRST_WAIT * 2 ** min(job.attempts - 1, 20), _LONGEST_WAIT)
    given_up = final or job.attempts >= MOST_ATTEMPTS
    conn.execute(
        update(JobRow)
        .where(JobRow.id == job.id)
        .values(state="failed" if given_up else "waiting", run_at=now + wait, last_error=error, lease_until=None)
    )


def emit(conn: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Appends domain events: kind, customer_id, interaction_id, data, at."""
    if events:
        conn.execute(DomainEventRow.__table__.insert(), list(events))  # type: ignore[attr-defined]  # declared as FromClause
