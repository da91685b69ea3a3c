"""The backups that were asked for and made: rows by which pages, the clock and the process that makes them agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hub.model.errors import NotFound
from hub.store.tables import BackupRow

# Whoever makes one says so at least this often; later it is taken for dead.
SILENT_FOR = timedelta(minutes=10)
BY_THE_CLOCK = "the clock"
_WORKING = ("wanted", "running")
_STOPPED = "The hub that made it stopped before it was done."
_LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup; `state` is wanted, running, made or failed. Only one with `verified_at` counts."""

    id: int
    state: str
    asked_by: str
    asked_at: datetime
    host: str
    file: str
    step: str
    done: int
    total: int
    seen_at: datetime
    finished_at: datetime | None
    verified_at: datetime | None
    size: int
    rows: int
    blobs: int
    missing: int
    with_key: bool
    error: str

    @property
    def working(self) -> bool:
        return self.state in _WORKING

    @property
    def percent(self) -> int:
        """How far it has come, from 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of making one; `verified_at` is None where it was not restored on trial."""

    file: str
    size: int = 0
    rows: int = 0
    blobs: int = 0
    missing: int = 0
    with_key: bool = False
    verified_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBackup:
    """How backups stand: when the newest that counts was made and restored on trial, and what failed since."""

    made_at: datetime | None
    verified_at: datetime | None
    missing: int
    failed_at: datetime | None
    error: str

    @property
    def ok(self) -> bool:
        """Whether there is one that counts, and none failed after it."""
        return self.verified_at is not None and self.failed_at is None


def last_backup(conn: Connection) -> LastBackup:
    """Returns how backups stand, for who watches over the hub."""
    good = conn.execute(
        select(BackupRow.id, BackupRow.asked_at, BackupRow.verified_at, BackupRow.missing)
        .where(BackupRow.state == "made", BackupRow.verified_at.is_not(None))
        .order_by(BackupRow.id.desc())
        .limit(1)
    ).first()
    bad = conn.execute(
        select(BackupRow.finished_at, BackupRow.error)
        .where(BackupRow.state == "failed", BackupRow.id > (good.id if good else 0))
        .order_by(BackupRow.id.desc())
        .limit(1)
    ).first()
    return LastBackup(
        made_at=good.asked_at if good else None,
        verified_at=good.verified_at if good else None,
        missing=good.missing if good else 0,
        failed_at=bad.finished_at if bad else None,
        error=bad.error if bad else "",
    )


def ask(conn: Connection, asked_by: str, now: datetime) -> Backup:
    """Asks for a backup; one that is under way already is the answer too."""
    under_way = conn.scalar(select(func.min(BackupRow.id)).where(BackupRow.state.in_(_WORKING)))
    if under_way is None:
        row = {"state": "wanted", "asked_by": asked_by, "asked_at": now, "seen_at": now}
        under_way = conn.execute(insert(BackupRow).values(**row).returning(BackupRow.id)).scalar_one()
    return get(conn, under_way)


def ask_when_due(conn: Connection, every: timedelta, now: datetime) -> bool:
    """Asks for a backup when the last one was asked for so long ago; returns whether it did."""
    last = conn.scalar(select(func.max(BackupRow.asked_at)))
    if last is not None and last + every > now:
        return False
    ask(conn, BY_THE_CLOCK, now)
    return True


def take(conn: Connection, host: str, file: str, now: datetime) -> Backup | None:
    """Takes the backup that is wanted; of two processes one gets it. Those whose maker went silent have failed."""
    gone = (BackupRow.state == "running") & (BackupRow.seen_at < now - SILENT_FOR)
    conn.execute(update(BackupRow).where(gone).values(state="failed", error=_STOPPED, finished_at=now))
    wanted = conn.scalar(select(func.min(BackupRow.id)).where(BackupRow.state == "wanted"))
    taken = conn.execute(
        update(BackupRow)
        .where(BackupRow.id == wanted, BackupRow.state == "wanted")
        .values(state="running", host=host, file=file, seen_at=now)
    )
    return get(conn, wanted) if wanted is not None and taken.rowcount == 1 else None


def give_back(conn: Connection, backup: int) -> None:
    """Lets somebody else make one that was taken."""
    row = BackupRow.id == backup, BackupRow.state == "running"
    conn.execute(update(BackupRow).where(*row).values(state="wanted", host="", file="", step="", done=0, total=0))


def progress(conn: Connection, backup: int, step: str, done: int, total: int, now: datetime) -> None:
    """Notes how far one has come."""
    conn.execute(
        update(BackupRow)
        .where(BackupRow.id == backup, BackupRow.state == "running")
        .values(step=step, done=done, total=total, seen_at=now)
    )


def finish(conn: Connection, backup: int, result: Result, now: datetime) -> None:
    """Notes what came of one."""
    conn.execute(update(BackupRow).where(BackupRow.id == backup).values(**_ended(result, now)))


def note_made(conn: Connection, asked_by: str, asked_at: datetime, host: str, result: Result, now: datetime) -> Backup:
    """Notes one that was made beside the hub: by the command line, or by another program."""
    row = {"asked_by": asked_by, "asked_at": asked_at, "host": host, "seen_at": now, **_ended(result, now)}
    return get(conn, conn.execute(insert(BackupRow).values(**row).returning(BackupRow.id)).scalar_one())


def listed(conn: Connection) -> list[Backup]:
    """Returns the backups, newest first."""
    rows = conn.execute(select(BackupRow.__table__).order_by(BackupRow.id.desc()).limit(_LISTED))
    return [Backup(**row) for row in rows.mappings()]


def get(conn: Connection, backup: int) -> Backup:
    """Returns one. Raises NotFound."""
    row = conn.execute(select(BackupRow.__table__).where(BackupRow.id == backup)).mappings().first()
    if row is None:
        raise NotFound("There is no such backup.")
    return Backup(**row)


def forget(conn: Connection, backup: int) -> Backup:
    """Forgets one that is not being made, and returns what it was. Raises NotFound."""
    found = get(conn, backup)
    if found.working and found.state == "running":
        raise NotFound("This backup is being made; it can be deleted afterwards.")
    conn.execute(delete(BackupRow).where(BackupRow.id == backup))
    return found


def too_many(conn: Connection, host: str, folder: str, keep: int) -> list[Backup]:
    """Returns those of a folder that newer ones stand in for: what failed, and what counts beyond the newest `keep`."""
    ours = [each for each in listed(conn) if each.host == host and each.file.startswith(f"{folder}/")]
    ended = [each for each in ours if not each.working]
    kept = {each.id for each in [good for good in ended if good.verified_at is not None][:keep]}
    newest_good = max(kept, default=0)
    return [each for each in ended if each.id not in kept and each.id < newest_good]


def _ended(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "state": "failed" if result.error else "made",
        "file": result.file,
        "size": result.size,
        "rows": result.rows,
        "blobs": result.blobs,
        "missing": result.missing,
        "with_key": result.with_key,
        "verified_at": result.verified_at,
        "error": result.error,
        "finished_at": now,
    }
