"""Flight plans of large audiences: made beside the pages, with how far they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey

from hub.store.tables.base import Base, Mapped, mapped_column


class FlightRow(Base):
    """The flight plan of one version of a campaign: asked for, being made, made or failed."""

    __tablename__ = "flight"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    seen: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    plan: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]
