"""Promotions: segments, campaigns, their runs, and who of a run's audience got no message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class SegmentRow(Base):
    """One version of a segment; the newest active one counts. `conditions` is the typed language, never SQL."""

    __tablename__ = "segment"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    title: Mapped[str]
    conditions: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class CampaignRow(Base):
    """What is said to whom and when; `next_run_at` is the truth of its schedule, claimed by compare-and-set.

    `approved_hash`: the flight plan that somebody has approved, and who: the launch must be another's, where asked for.
    """

    __tablename__ = "campaign"
    __table_args__ = (Index("ix_campaign_state_next_run_at", "state", "next_run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    version: Mapped[int] = mapped_column(default=1)
    definition: Mapped[dict[str, Any]]
    next_run_at: Mapped[datetime | None]
    plan_hash: Mapped[str] = mapped_column(default="")
    launched_at: Mapped[datetime | None]
    launched_by: Mapped[str] = mapped_column(default="")
    approved_hash: Mapped[str] = mapped_column(default="", server_default="")
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str] = mapped_column(default="", server_default="")
    approved_by_id: Mapped[int | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CampaignVersionRow(Base):
    """A campaign's definition as it once was; never changed."""

    __tablename__ = "campaign_version"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    definition: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class RunRow(Base):
    """One execution of a campaign: planned chunk by chunk after `cursor`, the last customer seen."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("campaign_id", "starts_at"), Index("ix_run_state", "state", "starts_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    campaign_version: Mapped[int]
    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id"))
    definition: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    state: Mapped[str]
    audience: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(default="")
    # Why the hub paused it by itself: the rate that was too high, and its figures.
    paused_why: Mapped[str] = mapped_column(default="", server_default="")
    # When staff last let it go on: its rates count from then.
    resumed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RunSkipRow(Base):
    """Somebody in a run's audience to whom no message was written, and why: states and skips sum to the audience."""

    __tablename__ = "run_skip"
    __table_args__ = (Index("ix_run_skip_customer_id", "customer_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    reason: Mapped[str]
    seen: Mapped[dict[str, Any]]
    at: Mapped[datetime]
