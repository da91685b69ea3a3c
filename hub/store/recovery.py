"""Recovery: what a dead process held is free at once, where no other process can be alive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from hub.store.tables import JobRow, LeaseRow, MessageRow, UploadRow


def free_the_dead(conn: Connection, now: datetime) -> None:
    """Ends every lease. For SQLite at start: the folder's lock says that this is the only process.

    With several processes leases end by themselves, since nobody can know which of them died.
    """
    conn.execute(update(LeaseRow).where(LeaseRow.until > now).values(until=now))
    for held in (JobRow, MessageRow, UploadRow):
        conn.execute(update(held).where(held.lease_until > now).values(lease_until=now))
