"""Customers whose data were erased, and what requests of theirs have to be answered by when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from hub.store.tables.base import Base, Mapped, mapped_column


class ErasureRow(Base):
    """One erasure: who did it and why, how many rows of which table; nothing of the customer but keyed digests.

    `key`: what the data folder's own list knows it by, so that a backup of before learns of it again.
    """

    __tablename__ = "erasure"
    __table_args__ = (Index("ix_erasure_customer_id", "customer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    # No foreign key: what it is about is gone.
    customer_id: Mapped[int]
    reason: Mapped[str]
    digests: Mapped[list[Any]]
    counts: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
