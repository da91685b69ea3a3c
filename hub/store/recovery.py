"""Recovery: what a dead process held is free again, at once where it can be known that it is dead."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from hub.store.leases import take_lease
from hub.store.tables import JobRow, LeaseRow, MessageRow, UploadRow

# A process that sends shows this often that it is alive; silent for so long it counts as dead. One that only slept
# loses what it had claimed, and what it was sending becomes unknown, which its answer still clears up.
ALIVE_EVERY, ALIVE_FOR = timedelta(seconds=10), timedelta(seconds=45)
_PROCESS = "process/"
_HOLDERS = (JobRow, MessageRow, UploadRow)


def free_the_dead(conn: Connection, now: datetime) -> None:
    """Ends every lease. For SQLite at start: the folder's lock says that this is the only process."""
    conn.execute(update(LeaseRow).where(LeaseRow.until > now).values(until=now))
    for held in _HOLDERS:
        conn.execute(update(held).where(held.lease_until > now).values(lease_until=now))


def show_alive(conn: Connection, worker: str, now: datetime, length: timedelta = ALIVE_FOR) -> None:
    """Notes that a process is alive for so long, for those that would take over what it holds; no time: it ends."""
    take_lease(conn, f"{_PROCESS}{worker}", worker, now, length)


def free_the_silent(conn: Connection, now: datetime) -> int:
    """Ends every lease of the processes that no longer show that they are alive; returns how many processes.

    Where several share a database nobody knows which of them died: one that never showed itself is left alone, and its
    leases end by themselves.
    """
    gone = select(LeaseRow.name, LeaseRow.holder).where(LeaseRow.name.startswith(_PROCESS), LeaseRow.until <= now)
    silent = {row.name: row.holder for row in conn.execute(gone.with_for_update(skip_locked=True))}
    if not silent:
        return 0
    workers = list(silent.values())
    conn.execute(update(LeaseRow).where(LeaseRow.holder.in_(workers), LeaseRow.until > now).values(until=now))
    for held in _HOLDERS:
        conn.execute(update(held).where(held.worker.in_(workers), held.lease_until > now).values(lease_until=now))
    conn.execute(delete(LeaseRow).where(LeaseRow.name.in_(list(silent))))
    return len(silent)
