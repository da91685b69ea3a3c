"""What staff writes: drafts that are not sent yet, canned texts, signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class DraftRow(Base):
    """A message that somebody writes and has not sent; without a staff member it is one of this machine's commands.

    `about_id` is the interaction that is answered or forwarded, `seen` how many entries had come in. What it is about
    has no foreign keys: removing a customer must not wait for a forgotten draft.
    """

    __tablename__ = "draft"
    __table_args__ = (
        Index("ix_draft_staff_id", "staff_id", "changed_at"),
        Index("ix_draft_conversation_id", "conversation_id"),
        Index("ix_draft_customer_id", "customer_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    kind: Mapped[str]
    conversation_id: Mapped[int | None]
    customer_id: Mapped[int | None]
    identity_id: Mapped[int | None]
    about_id: Mapped[int | None] = mapped_column(BigInteger)
    seen: Mapped[int | None]
    content: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class CannedTextRow(Base):
    """A text that is written often, in one language; `owner_id` 0 is everybody's."""

    __tablename__ = "canned_text"
    __table_args__ = (UniqueConstraint("name", "language", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    owner_id: Mapped[int] = mapped_column(default=0)
    text: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")


class SignatureRow(Base):
    """How a staff member signs mails of one channel; for the others their profile's signature holds."""

    __tablename__ = "signature"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
