"""What is health-class: facts, channels and forms by name, conversations by number; and who read of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class SensitiveMarkRow(Base):
    """One name that is health-class; `kind`: fact, channel or form (hub.store.sensitive)."""

    __tablename__ = "sensitive_mark"

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    marked_at: Mapped[datetime]
    marked_by: Mapped[str] = mapped_column(default="")


class SensitiveConversationRow(Base):
    """A conversation that staff marked; what came by a marked channel or form needs no row."""

    __tablename__ = "sensitive_conversation"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    marked_at: Mapped[datetime]
    marked_by: Mapped[str] = mapped_column(default="")


class SensitiveReadingRow(Base):
    """That a staff member read something of a customer within an hour; the audit log says the same, chained."""

    __tablename__ = "sensitive_reading"
    __table_args__ = (
        UniqueConstraint("staff_id", "customer_id", "what", "hour"),
        Index("ix_sensitive_reading_customer_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    what: Mapped[str]
    hour: Mapped[datetime]
    at: Mapped[datetime]
