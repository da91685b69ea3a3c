"""Mailboxes that their server keeps: how far the first reading is, what a comparison found, older mail asked for."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text

from hub.store.tables.base import Base, Mapped, mapped_column


class MailboxRow(Base):
    """One mailbox of one channel. What came there before the day `since` is not taken in by itself; null: all is.

    `done` of `total` were read of what the present reading found, 0 of 0 when it is through; `read_at`: when it last
    was. The last comparison counted `server` there and `here`, of which `unread` could not be read; `left_out` are
    older than `since`, `missing` could not be fetched, `fetched` had been missing. The next is due at `compare_at`.
    """

    __tablename__ = "mailbox"

    channel: Mapped[str] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(default="")
    since: Mapped[date | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime | None]
    compare_at: Mapped[datetime | None]
    compared_at: Mapped[datetime | None]
    server: Mapped[int] = mapped_column(default=0)
    here: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)


class BackfillRow(Base):
    """Older mail asked for, taken in from the newest to the oldest: waiting, running, done, stopped or failed.

    All numbers from `before` on, of this `epoch`, have been looked at. `since` null: all there is.
    """

    __tablename__ = "backfill"
    __table_args__ = (
        Index(
            "uq_backfill_open",
            "channel",
            "mailbox",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    mailbox: Mapped[str]
    since: Mapped[date | None]
    state: Mapped[str]
    epoch: Mapped[int] = mapped_column(default=0)
    before: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(default="")
