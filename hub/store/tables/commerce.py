"""What customers bought, as the shop or a file tells it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text

from hub.store.tables.base import Base, Mapped, mapped_column


class PurchaseRow(Base):
    """One purchase; told again under the same source and external id, it is the same one, corrected."""

    __tablename__ = "purchase"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        # Both hold all that a segment asks of a purchase: it is answered from the index alone.
        Index("ix_purchase_customer_id_bought_at", "customer_id", "bought_at", "state", "currency", "amount"),
        Index("ix_purchase_bought_at", "bought_at", "customer_id", "state", "currency", "amount"),
        Index("ix_purchase_interaction_id", "interaction_id"),
        # What was reckoned is summed from the index alone; what waits for it is found at once, and is little.
        Index(
            "ix_purchase_reckoned",
            *("customer_id", "bought_at", "state", "currency", "earned", "earned_at"),
            sqlite_where=text("earned_at IS NOT NULL"),
            postgresql_where=text("earned_at IS NOT NULL"),
        ),
        Index("ix_purchase_earned_at", "earned_at", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    # The entry of the history that tells it.
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str]
    external_id: Mapped[str]
    bought_at: Mapped[datetime]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="paid")
    note: Mapped[str] = mapped_column(default="")
    # What is left of the lines whose cost is known, and when that was reckoned (hub.store.margins).
    earned: Mapped[Decimal | None]
    earned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class PurchaseLineRow(Base):
    """One line of a purchase: what, of which category, how much of it, for what in all."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        Index("ix_purchase_line_category", "category", "purchase_id"),
        Index("ix_purchase_line_sku", "sku", "purchase_id"),
    )

    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    category: Mapped[str] = mapped_column(default="")
    quantity: Mapped[Decimal]
    amount: Mapped[Decimal]
    cost: Mapped[Decimal | None]
