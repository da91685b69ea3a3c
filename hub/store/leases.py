"""Who works on what: leases with a fencing epoch, cursors, ticks claimed by compare-and-set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from hub.model.errors import HubError
from hub.store.tables import CursorRow, LeaseRow, TickRow
from hub.store.upsert import insert_new, upsert


class LeaseLost(HubError):
    """Another process holds the lease now: what this one read must not be committed by it."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    name: str
    holder: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Tick:
    """When a repeated job is due, when it last ended well and how it failed since."""

    next_run_at: datetime
    last_ok_at: datetime | None
    last_error: str


_TOLD = select(TickRow.name, TickRow.next_run_at, TickRow.last_ok_at, TickRow.last_error)


def take_lease(conn: Connection, name: str, holder: str, now: datetime, length: timedelta) -> Lease | None:
    """Takes or renews a lease; returns None while somebody else holds it. The epoch rises with every new holder."""
    insert_new(conn, LeaseRow, [{"name": name, "holder": "", "epoch": 0, "until": now - length}])
    row = conn.execute(
        select(LeaseRow.holder, LeaseRow.epoch, LeaseRow.until).where(LeaseRow.name == name).with_for_update()
    ).one()
    if row.holder != holder and row.until > now:
        return None
    epoch = row.epoch if row.holder == holder and row.until > now else row.epoch + 1
    conn.execute(update(LeaseRow).where(LeaseRow.name == name).values(holder=holder, epoch=epoch, until=now + length))
    return Lease(name, holder, epoch)


def give_back(conn: Connection, lease: Lease, now: datetime) -> None:
    """Ends a lease early, so the next process need not wait."""
    conn.execute(
        update(LeaseRow)
        .where(LeaseRow.name == lease.name, LeaseRow.holder == lease.holder, LeaseRow.epoch == lease.epoch)
        .values(until=now)
    )


def fence(conn: Connection, lease: Lease) -> None:
    """Raises LeaseLost unless this epoch is the newest; locks the lease until the commit."""
    epoch = conn.scalar(select(LeaseRow.epoch).where(LeaseRow.name == lease.name).with_for_update(read=True))
    if epoch != lease.epoch:
        raise LeaseLost(f"{lease.name} is read by another process now; this one starts over.")


def read_cursor(conn: Connection, channel: str, mailbox: str) -> Mapping[str, Any] | None:
    """Returns how far a mailbox has been read."""
    return conn.scalar(select(CursorRow.position).where(CursorRow.channel == channel, CursorRow.mailbox == mailbox))


def move_cursor(conn: Connection, channel: str, mailbox: str, position: Mapping[str, Any], now: datetime) -> None:
    """Notes how far a mailbox has been read; in the transaction that stores what was read."""
    row = {"channel": channel, "mailbox": mailbox, "position": position, "changed_at": now}
    upsert(conn, CursorRow, ("channel", "mailbox"), [row])


def ticks_by_name(conn: Connection, _: None) -> dict[str, Tick]:
    """Returns what each repeated job's row says."""
    return {row.name: Tick(row.next_run_at, row.last_ok_at, row.last_error) for row in conn.execute(_TOLD)}


def claim_tick(conn: Connection, name: str, now: datetime, every: timedelta) -> datetime | None:
    """Claims a repeated job that is due; returns when it was due, or None when it is not, or another took it."""
    _wait_for_no_disk(conn)
    insert_new(conn, TickRow, [{"name": name, "next_run_at": now}])
    due = conn.scalar(select(TickRow.next_run_at).where(TickRow.name == name))
    if due is None or due > now:
        return None
    lag = max(0, int((now - due).total_seconds() * 1000))
    claimed = conn.execute(
        update(TickRow)
        .where(TickRow.name == name, TickRow.next_run_at == due)
        .values(next_run_at=now + every, last_run_at=now, lag_ms=lag)
    )
    return due if claimed.rowcount == 1 else None


def finish_tick(conn: Connection, name: str, now: datetime, error: str) -> None:
    """Notes how a repeated job ended."""
    _wait_for_no_disk(conn)
    values: dict[str, Any] = {"last_error": error}
    if not error:
        values["last_ok_at"] = now
    conn.execute(update(TickRow).where(TickRow.name == name).values(**values))


def note_run(conn: Connection, name: str, now: datetime, every: timedelta, error: str) -> None:
    """Notes that a job ran which nobody claims: each process repeats it for itself; the next is due within `every`."""
    insert_new(conn, TickRow, [{"name": name, "next_run_at": now}])
    due = conn.scalar(select(TickRow.next_run_at).where(TickRow.name == name)) or now
    values: dict[str, Any] = {"next_run_at": now + every, "last_run_at": now, "last_error": error}
    values["lag_ms"] = max(0, int((now - due).total_seconds() * 1000))
    if not error:
        values["last_ok_at"] = now
    conn.execute(update(TickRow).where(TickRow.name == name).values(**values))


def hurry(conn: Connection, names: Sequence[str], now: datetime) -> None:
    """Makes repeated jobs due now."""
    _wait_for_no_disk(conn)
    conn.execute(update(TickRow).where(TickRow.name.in_(names)).values(next_run_at=now))


def _wait_for_no_disk(conn: Connection) -> None:
    """Others see the commit at once; lost with a PostgreSQL that crashes, it is a job that runs once more.

    (PostgreSQL 30.4, Asynchronous Commit; of a transaction that does nothing else.)
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL synchronous_commit TO off")


def ticks(conn: Connection) -> list[dict[str, Any]]:
    """Returns every repeated job with its last run, next run and lag."""
    rows = conn.execute(select(TickRow.__table__).where(or_(TickRow.name != "")).order_by(TickRow.name))
    return [dict(row._mapping) for row in rows]
