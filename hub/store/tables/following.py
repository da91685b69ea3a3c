"""Links in promotions whose clicks are counted, and who followed them: a person, or a machine that looked first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from hub.store.tables.base import Base, Mapped, mapped_column


class FollowedLinkRow(Base):
    """Where a link leads. `message_id`: the only message that has it, None where it is the same for all readers."""

    __tablename__ = "followed_link"
    __table_args__ = (Index("ix_followed_link_message_id", "message_id"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    message_id: Mapped[int | None]
    first_at: Mapped[datetime]


class LinkClickRow(Base):
    """When a link of a message was first followed by its reader, and by a machine; `why`: what told the machine."""

    __tablename__ = "link_click"

    message_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    clicked_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="", server_default="")
