"""Files that staff brings in by a page: which is under way, how far it is, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from hub.store.tables import FileImportRow

UNDER_WAY, DONE, FAILED = "under_way", "done", "failed"
# What became of a file is looked at when it has ended.
_KEPT = timedelta(days=1)


def begin(conn: Connection, what: str, sha256: str, staff_id: int, now: datetime, *, dry: bool) -> int:
    """Notes that a file is being worked on; returns its number. What ended long ago is forgotten."""
    conn.execute(delete(FileImportRow).where(FileImportRow.heard_at < now - _KEPT))
    row = {
        "what": what,
        "sha256": sha256,
        "is_dry": dry,
        "staff_id": staff_id,
        "state": UNDER_WAY,
        "heard_at": now,
    }
    number: int = conn.execute(insert(FileImportRow).values(row).returning(FileImportRow.id)).scalar_one()
    return number


def note(conn: Connection, number: int, now: datetime, **values: Any) -> None:
    """Notes how far a file is, or how it ended."""
    conn.execute(update(FileImportRow).where(FileImportRow.id == number).values(heard_at=now, **values))


def of_staff(conn: Connection, what: str, number: int, staff_id: int) -> dict[str, Any] | None:
    """Returns a file of this kind that this staff member has brought in, None where there is none."""
    ours = (FileImportRow.id == number) & (FileImportRow.what == what) & (FileImportRow.staff_id == staff_id)
    row = conn.execute(select(FileImportRow.__table__).where(ours)).one_or_none()
    return dict(row._mapping) if row is not None else None
