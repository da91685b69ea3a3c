"""Backfills: older mail that somebody asked for, and how far it has been taken in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Update, select, update

from hub.model.errors import NotFound
from hub.store.tables import BackfillRow
from hub.store.upsert import insert_new

OPEN = ("waiting", "running")
_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """One backfill, as BackfillRow says."""

    id: int
    channel: str
    mailbox: str
    since: date | None
    state: str
    epoch: int
    before: int
    done: int
    total: int
    asked_by: str
    asked_at: datetime
    changed_at: datetime
    error: str

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in OPEN


_COLUMNS = [getattr(BackfillRow, name) for name in Backfill.__slots__]


def ask(conn: Connection, channel: str, mailbox: str, since: date | None, by: str, now: datetime) -> Backfill:
    """Asks for older mail of a mailbox; where that is under way already, it is the answer.

    One under way that does not reach as far back is made to.
    """
    row = {
        "channel": channel, "mailbox": mailbox, "since": since, "state": "waiting", "asked_by": by, "asked_at": now,
        "changed_at": now,
    }  # fmt: skip
    insert_new(conn, BackfillRow, [row])
    found = conn.execute(
        select(*_COLUMNS).where(
            BackfillRow.channel == channel, BackfillRow.mailbox == mailbox, BackfillRow.state.in_(OPEN)
        )
    ).one()
    asked = Backfill(**found._mapping)
    if asked.since is not None and (since is None or since < asked.since):
        # Looked for anew: what lies between the two days is among the numbers passed over.
        conn.execute(_of(asked.id).values(since=since, state="waiting", epoch=0, before=0))
        return get(conn, asked.id)
    return asked


def get(conn: Connection, backfill: int) -> Backfill:
    """Returns one backfill. Raises NotFound."""
    row = conn.execute(select(*_COLUMNS).where(BackfillRow.id == backfill)).one_or_none()
    if row is None:
        raise NotFound("There is no such backfill.")
    return Backfill(**row._mapping)


def listed(conn: Connection, channel: str = "") -> list[Backfill]:
    """Returns the newest backfills, of one channel or of all."""
    rows = select(*_COLUMNS).where(BackfillRow.channel == channel) if channel else select(*_COLUMNS)
    return [Backfill(**row._mapping) for row in conn.execute(rows.order_by(BackfillRow.id.desc()).limit(_LISTED))]


def open_ones(conn: Connection, channels: Collection[str]) -> list[Backfill]:
    """Returns what is left to do for these channels, the oldest first."""
    rows = select(*_COLUMNS).where(BackfillRow.state.in_(OPEN), BackfillRow.channel.in_(channels))
    return [Backfill(**row._mapping) for row in conn.execute(rows.order_by(BackfillRow.id))]


def begin(conn: Connection, backfill: Backfill, epoch: int, before: int, left: int, now: datetime) -> None:
    """Begins with what the server lists now, or goes on below `before`; `left`: how many are still to come."""
    total = backfill.total if epoch == backfill.epoch else left
    values = {
        "state": "running", "epoch": epoch, "before": before, "done": max(0, total - left), "total": max(total, left),
        "changed_at": now, "error": "",
    }  # fmt: skip
    conn.execute(_of(backfill.id).where(BackfillRow.state.in_(OPEN)).values(**values))


def advance(conn: Connection, backfill: int, read: int, before: int, now: datetime) -> bool:
    """Notes that all from `before` on has been looked at; returns whether to go on: somebody may have stopped it."""
    moved = conn.execute(
        _of(backfill)
        .where(BackfillRow.state == "running")
        .values(done=BackfillRow.done + read, before=before, changed_at=now)
    )
    return moved.rowcount == 1


def trouble(conn: Connection, backfill: int, error: str, now: datetime) -> None:
    """Notes what holds a backfill up; it is tried again."""
    conn.execute(_of(backfill).where(BackfillRow.state.in_(OPEN)).values(error=error, changed_at=now))


def end(conn: Connection, backfill: int, state: str, now: datetime, error: str = "") -> bool:
    """Ends a backfill as done, stopped or failed; returns whether it was under way."""
    ended = conn.execute(
        _of(backfill).where(BackfillRow.state.in_(OPEN)).values(state=state, error=error, changed_at=now)
    )
    return ended.rowcount == 1


def _of(backfill: int) -> Update:
    return update(BackfillRow).where(BackfillRow.id == backfill)
