"""What may belong together: conversations that staff may want to join, or has said are apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base


class ConversationHintRow(Base):
    """Why two conversations may be one matter: `conversation_id` < `other_id`; `state`: open, joined or apart."""

    __tablename__ = "conversation_hint"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    reason: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime]
