"""What mails bring as calendar events, and what was made of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class InvitationRow(Base):
    """One event of one mail's calendar parts; `key` names what takes place, the same in every version of it.

    `appointment_id`: the appointment that a click made, changed, confirmed or cancelled by this version.
    """

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("interaction_id", "position"), Index("ix_invitation_key", "key", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    # No foreign key to the mail: when it is removed, this goes with it.
    interaction_id: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int]
    key: Mapped[str]
    event: Mapped[dict[str, Any]]
    appointment_id: Mapped[int | None]
    acted_at: Mapped[datetime | None]
