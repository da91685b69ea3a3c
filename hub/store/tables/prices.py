"""What messages cost, as their providers say once they know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base


class MessagePriceRow(Base):
    """The price of one message of ours in millionths of a currency's unit; told some time after the message left."""

    __tablename__ = "message_price"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    millionths: Mapped[int]
    currency: Mapped[str]
    told_at: Mapped[datetime]
