"""Customers, the identities they hold, and what they agreed to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text

from hub.store.tables.base import Base, Mapped, mapped_column


class CustomerRow(Base):
    __tablename__ = "customer"
    __table_args__ = (
        # Without it the removal of a customer reads every other one.
        Index(
            "ix_customer_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index(
            "ix_customer_birthday",
            "birthday",
            "id",
            sqlite_where=text("birthday IS NOT NULL"),
            postgresql_where=text("birthday IS NOT NULL"),
        ),
        # Whom segments count, from the index alone and in its order.
        Index(
            "ix_customer_unmerged",
            "id",
            sqlite_where=text("merged_into IS NULL"),
            postgresql_where=text("merged_into IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(default="")
    relationship: Mapped[str] = mapped_column(default="prospect")
    # Staff has said so: nothing that happens changes it.
    relationship_chosen: Mapped[bool] = mapped_column(default=False, server_default="0")
    language: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    birthday: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))


class IdentityRow(Base):
    """One holder at a time: a number given to somebody else closes its row and opens a new one.

    `agreed_...`: the newest word of the evidence on each purpose (hub.store.agreed), None where there is none.
    """

    __tablename__ = "identity"
    __table_args__ = (
        Index(
            "uq_identity_open",
            "value",
            "scheme",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_identity_customer_id", "customer_id"),
        # Who can be written to in which way, for segments: answered from the index alone.
        Index(
            "ix_identity_scheme",
            "scheme",
            "customer_id",
            "confirmed_at",
            "closed_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        # Whom promotions may reach, which most segments ask; the same.
        Index(
            "ix_identity_agreed_promotional",
            "scheme",
            "agreed_promotional",
            "customer_id",
            "confirmed_at",
            "closed_at",
            "id",
            sqlite_where=text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
            postgresql_where=text("closed_at IS NULL AND agreed_promotional IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    scheme: Mapped[str]
    value: Mapped[str]
    raw: Mapped[str] = mapped_column(default="")
    display_name: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    agreed_promotional: Mapped[bool | None]
    agreed_reminder: Mapped[bool | None]
    agreed_service: Mapped[bool | None]


class MergeRow(Base):
    """Two customers who turned out to be one, and what moved, so that it can be moved back exactly."""

    __tablename__ = "merge"
    __table_args__ = (Index("ix_merge_customer_id", "customer_id"), Index("ix_merge_into_id", "into_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    moved: Mapped[dict[str, Any]]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class SuggestionRow(Base):
    """Two customers who may be one, or a claim that somebody typed: only staff decides."""

    __tablename__ = "suggestion"
    __table_args__ = (UniqueConstraint("customer_id", "scheme", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    scheme: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime]


class ConsentRow(Base):
    """Append-only evidence, chained by digest; the newest row of an identity and purpose is in force.

    `basis`: what it rests on (hub.model.bases); `wording` is then what the customer was told.
    `chained`: by which rule its digest was made (hub.store.consent_chain); `erased`: keyed digests of what stood in
    the fields that name a person, once these were erased.
    """

    __tablename__ = "consent"
    # `granted` too: what stands with the addresses (hub.store.agreed) is compared with it from the index alone.
    __table_args__ = (
        Index("ix_consent_newest", "identity_id", "purpose", "id", "granted"),
        # Asked of every promotion, and mostly there are none.
        Index(
            "ix_consent_existing",
            "identity_id",
            sqlite_where=text("basis = 'existing_customer'"),
            postgresql_where=text("basis = 'existing_customer'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    purpose: Mapped[str]
    granted: Mapped[bool]
    wording: Mapped[str]
    version: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    ip: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    interaction_id: Mapped[int | None]
    digest: Mapped[str]
    chained: Mapped[int] = mapped_column(default=1, server_default="1")
    basis: Mapped[str] = mapped_column(default="consent", server_default="consent")
    erased: Mapped[dict[str, Any] | None]


class SuppressionRow(Base):
    """An address that must not be written to; `purpose` empty = for anything, `channel` empty = from any sender."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index(
            "uq_suppression_open",
            "address",
            "purpose",
            "channel",
            "reason",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="")
    channel: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(default="")
