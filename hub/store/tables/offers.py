"""Offers: what is offered, at which price to whom, the codes by which each is redeemed; and what goes with what."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text

from hub.store.tables.base import Base, Mapped, mapped_column


class OfferRow(Base):
    """One offer: what, for which price or with how much off, until when; `external_id` names it for ever.

    `for_bought`: each customer gets it for the category that they bought most. `makes_codes`: the hub makes a code for
    each customer; else they come from a pool that was loaded.
    """

    __tablename__ = "offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    # By language; where a customer's has none, `title` is told.
    titles: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    sku: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    for_bought: Mapped[bool] = mapped_column(default=False)
    price: Mapped[Decimal | None]
    percent: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(default="")
    valid_until: Mapped[date | None]
    valid_days: Mapped[int | None]
    makes_codes: Mapped[bool] = mapped_column(default=True)
    prefix: Mapped[str] = mapped_column(default="")
    tell_below: Mapped[int] = mapped_column(default=0)
    is_open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class OfferTierRow(Base):
    """What customers of a tier (their fact `tier`) get instead of the offer's own price."""

    __tablename__ = "offer_tier"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    tier: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal | None]
    percent: Mapped[Decimal | None]


class OfferCodeRow(Base):
    """One code: free, or given to one customer for ever with what it was worth then; redeemed at most once."""

    __tablename__ = "offer_code"
    __table_args__ = (
        # Nobody has two codes of one offer; those that nobody has yet are no customer's.
        UniqueConstraint("offer_id", "customer_id"),
        Index("ix_offer_code_customer_id", "customer_id", "offer_id"),
        Index("ix_offer_code_expires_at", "expires_at", "id"),
        Index(
            "ix_offer_code_free",
            "offer_id",
            "id",
            sqlite_where=text("customer_id IS NULL"),
            postgresql_where=text("customer_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    code: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    tier: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="")
    price: Mapped[Decimal | None]
    percent: Mapped[Decimal | None]
    given_at: Mapped[datetime | None]
    given_by: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    redeemed_by: Mapped[str] = mapped_column(default="")
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"))
    created_at: Mapped[datetime]


class BoughtTogetherRow(Base):
    """Of those who bought one thing, how many bought another soon after; worked out anew from time to time.

    `kind`: sku or category. `share`: of the buyers, `lift`: how much more often than anybody buys it.
    """

    __tablename__ = "bought_together"
    __table_args__ = (Index("ix_bought_together_later", "kind", "later"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    bought: Mapped[str] = mapped_column(primary_key=True)
    later: Mapped[str] = mapped_column(primary_key=True)
    buyers: Mapped[int]
    both: Mapped[int]
    share: Mapped[Decimal]
    lift: Mapped[Decimal]
    computed_at: Mapped[datetime]


class ValueEdgeRow(Base):
    """From which value on a customer is in the upper part: `measure` recency, frequency or money, `band` 2 to 5."""

    __tablename__ = "value_edge"

    measure: Mapped[str] = mapped_column(primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(default="")
    computed_at: Mapped[datetime]


class SegmentSizeRow(Base):
    """How many belonged to a segment on a day."""

    __tablename__ = "segment_size"

    name: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int]
