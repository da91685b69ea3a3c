"""Queues of callers: who waits, and which of staff's phones ring for them; and the recordings that callers hear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from hub.store.tables.base import Base, Mapped, mapped_column


class QueuedCallRow(Base):
    """A caller who waits at a step of a call flow, or did: `result` tells how they left (bridged, leave, hangup)."""

    __tablename__ = "queued_call"
    __table_args__ = (Index("ix_queued_call_left_at", "left_at"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str]
    entered_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(default="", server_default="")


class QueueRingRow(Base):
    """A phone of staff that rings, or rang, for whoever waits at a step; `state`: asked, rings, talks, over, failed."""

    __tablename__ = "queue_ring"
    __table_args__ = (Index("ix_queue_ring_over_at", "over_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    step: Mapped[str]
    number: Mapped[str]
    call: Mapped[str] = mapped_column(default="", server_default="")
    state: Mapped[str]
    error: Mapped[str] = mapped_column(default="", server_default="")
    asked_at: Mapped[datetime]
    over_at: Mapped[datetime | None]


class CallSoundRow(Base):
    """A recording that callers hear instead of words, or while they wait; its bytes are a blob."""

    __tablename__ = "call_sound"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    content_type: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(default="", server_default="")
