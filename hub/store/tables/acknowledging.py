"""Which mailboxes acknowledge mail by themselves, and the mails that got no acknowledgement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index

from hub.store.tables.base import Base, Mapped, mapped_column


class AcknowledgementRow(Base):
    """How one mailbox acknowledges mail; what came up to the domain event `after` has been looked at."""

    __tablename__ = "acknowledgement"

    channel: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    after: Mapped[int] = mapped_column(BigInteger, default=0)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")


class AcknowledgementSkipRow(Base):
    """A mail that was not acknowledged, and why: everybody gets an answer to "why not"."""

    __tablename__ = "acknowledgement_skip"
    __table_args__ = (Index("ix_acknowledgement_skip_identity_id", "identity_id", "interaction_id"),)

    # No foreign key to the mail: when it is removed, this goes with it.
    interaction_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    channel: Mapped[str]
    reason: Mapped[str]
    seen: Mapped[dict[str, Any]]
    at: Mapped[datetime]
