"""Jobs: work that follows a commit, retried until it is done; and the domain events that rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, or_, select, text, true, update

from hub.store.batch import insert_batch
from hub.store.tables import DomainEventRow, JobRow
from hub.store.upsert import insert_new

_EMIT = insert_batch(DomainEventRow, ("kind", "customer_id", "interaction_id", "data", "at"))
LEASE = timedelta(minutes=5)
# Longest transaction that readers of events wait for.
_LONGEST_WORK = timedelta(hours=1)
# On PostgreSQL a smaller id may commit after a larger one: rows that a transaction still running could precede are
# left for the next call. pg_snapshot_xmin is the oldest transaction in progress (PostgreSQL manual, 9.27.12).
_SETTLED = text("age(domain_event.xmin) > age(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid))")
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


def any_due(conn: Connection, given: tuple[str, datetime]) -> bool:
    """Says whether a job of a kind is due, without taking it."""
    kind, now = given
    return bool(conn.scalar(select(exists().where(JobRow.kind == kind, _due(now)))))


def _due(now: datetime) -> ColumnElement[bool]:
    return or_((JobRow.state == "waiting") & (JobRow.run_at <= now), _abandoned(now))


def _abandoned(now: datetime) -> ColumnElement[bool]:
    return (JobRow.state == "running") & (JobRow.lease_until < now)


def claim(conn: Connection, kind: str, worker: str, now: datetime, limit: int) -> list[Job]:
    """Takes due jobs of a kind for this worker; a worker that dies loses them when its lease ends.

    A job that outlived its last worker too often is given up: it may be what they died of.
    """
    conn.execute(
        update(JobRow)
        .where(JobRow.kind == kind, _abandoned(now), JobRow.attempts >= MOST_ATTEMPTS)
        .values(state="failed", last_error="Its worker ended before the job did, each time.", lease_until=None)
    )
    due = (
        select(JobRow.id, JobRow.kind, JobRow.payload, JobRow.attempts)
        .where(JobRow.kind == kind, _due(now))
        .order_by(JobRow.run_at, JobRow.id)
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
    """Puts a job back with a growing wait, or gives it up when it never can succeed or was tried too often.

    A worker whose lease ended changes nothing: the job is another's by now.
    """
    wait = min(_FIRST_WAIT * 2 ** min(job.attempts - 1, 20), _LONGEST_WAIT)
    given_up = final or is_last(job)
    conn.execute(
        update(JobRow)
        .where(JobRow.id == job.id, JobRow.state == "running", JobRow.attempts == job.attempts)
        .values(state="failed" if given_up else "waiting", run_at=now + wait, last_error=error, lease_until=None)
    )


def is_last(job: Job) -> bool:
    """Says whether this was the last attempt."""
    return job.attempts >= MOST_ATTEMPTS


def emit(conn: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Appends domain events: kind, customer_id, interaction_id, data, at."""
    _EMIT(conn, events)


def settled(conn: Connection, now: datetime) -> ColumnElement[bool]:
    """Returns which domain events a reader from a cursor on may read: before none of them another can turn up."""
    if conn.dialect.name != "postgresql":
        return true()
    return or_(DomainEventRow.at < now - _LONGEST_WORK, _SETTLED)
