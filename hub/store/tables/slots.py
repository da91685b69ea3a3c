"""Waiting for a free slot: who would like to come earlier, which slots are free, and who was asked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class WaitingPlaceRow(Base):
    """Somebody who waits for a slot of what they want; `state`: waiting, served or left."""

    __tablename__ = "waiting_place"
    __table_args__ = (
        Index("ix_waiting_place_state", "state", "title", "id"),
        Index("ix_waiting_place_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    title: Mapped[str]
    not_before: Mapped[date | None]
    not_after: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="waiting")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class FreeSlotRow(Base):
    """A slot that came free; `state`: open, taken or closed. Whoever says yes first makes it an appointment."""

    __tablename__ = "free_slot"
    __table_args__ = (Index("ix_free_slot_state", "state", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    time_zone: Mapped[str]
    location: Mapped[str] = mapped_column(default="")
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SlotAskedRow(Base):
    """One who was asked about a slot; `state`: asked, took, declined or late."""

    __tablename__ = "slot_asked"
    __table_args__ = (
        UniqueConstraint("slot_id", "customer_id"),
        Index("ix_slot_asked_customer_id", "customer_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("free_slot.id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("waiting_place.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    state: Mapped[str] = mapped_column(default="asked")
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
