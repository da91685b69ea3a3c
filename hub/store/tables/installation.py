"""The installation itself: its id and epoch, leases, cursors, channels' health, secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text

from hub.store.tables.base import Base, Mapped, mapped_column


class InstallationRow(Base):
    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SecretRow(Base):
    """A secret, sealed under the key that only the environment or a 0600 file holds."""

    __tablename__ = "secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    changed_at: Mapped[datetime]


class LeaseRow(Base):
    """Who works on something until when; `epoch` rises with every new holder and fences the old one off."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int]
    until: Mapped[datetime]


class CursorRow(Base):
    __tablename__ = "cursor"

    channel: Mapped[str] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class ChannelStateRow(Base):
    """How a channel is doing, as the health page shows it."""

    __tablename__ = "channel_state"

    channel: Mapped[str] = mapped_column(primary_key=True)
    last_ok_at: Mapped[datetime | None]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]
    problem_since: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_why: Mapped[str] = mapped_column(default="")
    forged: Mapped[int] = mapped_column(default=0)
    forged_at: Mapped[datetime | None]


class TickRow(Base):
    """A repeated job of the hub: claimed by compare-and-set on `next_run_at`, once for all processes."""

    __tablename__ = "tick"

    name: Mapped[str] = mapped_column(primary_key=True)
    next_run_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    lag_ms: Mapped[int] = mapped_column(default=0)


class ProblemRow(Base):
    """Something that needs somebody: open until what found it looks again and finds it gone.

    The words are English, as commands say them; pages make theirs of the code and the values that were `seen`.
    """

    __tablename__ = "problem"
    __table_args__ = (
        Index(
            "uq_problem_open",
            "code",
            "place",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    place: Mapped[str]
    finder: Mapped[str]
    severity: Mapped[str]
    message: Mapped[str]
    cause: Mapped[str] = mapped_column(default="")
    mend: Mapped[str] = mapped_column(default="")
    action: Mapped[dict[str, Any] | None]
    seen: Mapped[dict[str, Any]]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    hidden_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class BackupRow(Base):
    """One backup: asked for, being made, made, restored on trial (`verified_at`); `file` lies on `host`."""

    __tablename__ = "backup"
    __table_args__ = (Index("ix_backup_state", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    asked_by: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    host: Mapped[str] = mapped_column(default="")
    file: Mapped[str] = mapped_column(default="")
    step: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    size: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    blobs: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    with_key: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(default="")
