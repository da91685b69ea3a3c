"""Carts: what a shop says that somebody has put together and not bought yet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class CartRow(Base):
    """One cart; told again under the same source and external id it is the same one, as it is now.

    `touched_at`: when its customer last changed it; `revision` rises with every change.
    """

    __tablename__ = "cart"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        Index("ix_cart_state_touched_at", "state", "touched_at"),
        Index("ix_cart_customer_id_touched_at", "customer_id", "touched_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    source: Mapped[str]
    external_id: Mapped[str]
    state: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[Any]]
    touched_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
