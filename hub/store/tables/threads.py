"""What may belong together: conversations that staff may join or say are apart, and those that were joined."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index

from hub.store.tables.base import Base, Mapped, mapped_column


class ConversationHintRow(Base):
    """Why two conversations may be one matter: `conversation_id` < `other_id`; `state`: open, joined or apart."""

    __tablename__ = "conversation_hint"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    reason: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime]


class ConversationJoinRow(Base):
    """Two conversations that became one, and what moved, so that it can be moved back exactly.

    `moved`: the ids of interactions, messages, tasks and references, who took part in the other one, who was new in
    the kept one, and where the other one stood. `joined_by` is empty where the hub joined them by a mail.
    """

    __tablename__ = "conversation_join"
    __table_args__ = (
        Index("ix_conversation_join_kept_id", "kept_id", "id"),
        Index("ix_conversation_join_gone_id", "gone_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    gone_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    moved: Mapped[dict[str, Any]]
    joined_at: Mapped[datetime]
    joined_by: Mapped[str] = mapped_column(default="")
    parted_at: Mapped[datetime | None]
