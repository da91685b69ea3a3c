"""Jobs: those that do not run or fail, work that was given up or waits, uploads that could not be read."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, func, select

from hub.insight.finders.asked import House, found, minutes
from hub.insight.health import repeated_jobs
from hub.log import scrub
from hub.model.problem import Severity
from hub.store.problems import Found
from hub.store.tables import JobRow, UploadRow
from hub.store.uploads import UploadState

_LATE, _STOPPED = timedelta(minutes=2), timedelta(minutes=15)
_OVERDUE = timedelta(minutes=15)
_REMEMBERED = timedelta(days=7)
_MOST = 10_000


def jobs(conn: Connection, house: House) -> list[Found]:
    """Returns repeated jobs that are late or failed; a job of a channel that is no more is nobody's."""
    problems = []
    for job in repeated_jobs(conn):
        _, _, channel = job.name.partition(" ")
        if channel and channel not in house.channels:
            continue
        late = house.now - job.next_run_at
        if house.running and late >= _LATE:
            code = "job_stopped" if late >= _STOPPED else "job_late"
            problems.append(found(code, job.name, since=job.next_run_at, minutes=minutes(late)))
        elif job.last_error:
            problems.append(found("job_failed", job.name, since=job.last_run_at, said=scrub(job.last_error)))
    return problems


def work(conn: Connection, house: House) -> list[Found]:
    """Returns work that follows a commit and was given up, or waits too long."""
    kind, count, last = JobRow.kind, func.count().label("n"), func.max(JobRow.last_error).label("said")
    failed = select(kind, count, last).where(JobRow.state == "failed", JobRow.run_at >= house.now - _REMEMBERED)
    problems = [
        found("work_given_up", row.kind, count=row.n, said=scrub(row.said))
        for row in conn.execute(failed.group_by(kind))
    ]
    overdue = (
        select(kind, JobRow.run_at, JobRow.last_error)
        .where(JobRow.state == "waiting", JobRow.run_at <= house.now - _OVERDUE)
        .order_by(JobRow.run_at)
        .limit(_MOST)
        .subquery()
    )
    oldest = func.min(overdue.c.run_at).label("oldest")
    said = func.max(overdue.c.last_error).label("said")
    waiting = select(overdue.c.kind, count, oldest, said).group_by(overdue.c.kind)
    for row in conn.execute(waiting) if house.running else ():
        span = minutes(house.now - row.oldest)
        problems.append(
            found("work_waits", row.kind, since=row.oldest, count=row.n, minutes=span, said=scrub(row.said))
        )
    return problems


def uploads(conn: Connection, house: House) -> list[Found]:
    """Returns uploads of the last days that stopped with an error."""
    rows = conn.execute(
        select(UploadRow.id, UploadRow.filename, UploadRow.error, UploadRow.created_at)
        .where(UploadRow.state == UploadState.FAILED.value, UploadRow.created_at >= house.now - _REMEMBERED)
        .order_by(UploadRow.id.desc())
        .limit(20)
    )
    return [
        found(
            "upload_failed",
            f"upload {row.id}",
            severity=Severity.NOTICE,
            since=row.created_at,
            id=row.id,
            name=row.filename,
            said=row.error,
        )
        for row in rows
    ]
