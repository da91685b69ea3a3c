"""Sequences: steps that follow an event, who is on the way through them, and how far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class SequenceRow(Base):
    """One version of a sequence; the newest active one takes customers in, others see theirs to the end."""

    __tablename__ = "sequence"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class SequenceSwitchRow(Base):
    """Whether a sequence is off, on or paused, and since when; `after`: the last domain event that it has looked at."""

    __tablename__ = "sequence_switch"

    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    after: Mapped[int] = mapped_column(default=0)
    looked_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")


class EnrolmentRow(Base):
    """One customer's way through a sequence, the `round`th; `position` rises with every step and fences others off.

    `context`: what let them in, and what they have answered. `about`, `about_id`: the record that let them in.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("sequence", "customer_id", "round"),
        Index("ix_enrolment_state_due_at", "state", "due_at", "id"),
        Index("ix_enrolment_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[str]
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    round: Mapped[int]
    state: Mapped[str]
    step: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    context: Mapped[dict[str, Any]]
    why: Mapped[str] = mapped_column(default="")
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class EnrolmentStepRow(Base):
    """One step that a customer took, and what came of it; never changed."""

    __tablename__ = "enrolment_step"
    __table_args__ = (Index("ix_enrolment_step_message_id", "message_id"),)

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    kind: Mapped[str]
    outcome: Mapped[str]
    detail: Mapped[dict[str, Any]]
    message_id: Mapped[int | None]
    at: Mapped[datetime]


class SequenceMemberRow(Base):
    """Who was in the segment of a sequence when it was last looked at: only who comes new has entered it."""

    __tablename__ = "sequence_member"

    sequence: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
