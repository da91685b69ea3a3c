"""What messages cost, as their providers say once they know."""

from __future__ import annotations

from datetime import datetime

from hub.store.tables.base import Base, Mapped, mapped_column


class ListPriceRow(Base):
    """What one part of a text to a country costs by a channel, as staff wrote it; `country` empty: everywhere else."""

    __tablename__ = "list_price"

    channel: Mapped[str] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    millionths: Mapped[int]
    currency: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")


class MessagePriceRow(Base):
    """The price of one message of ours in millionths of a currency's unit; told some time after the message left."""

    __tablename__ = "message_price"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    millionths: Mapped[int]
    currency: Mapped[str]
    told_at: Mapped[datetime]
