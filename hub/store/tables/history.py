"""The history: conversations, interactions, how they arrived and what was learnt later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text

from hub.store.tables.base import Base, Mapped, mapped_column


class ConversationRow(Base):
    """Interactions about one matter; `thread_key` names the one open conversation of texts and calls with a number."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index(
            "uq_conversation_thread_key",
            "thread_key",
            unique=True,
            sqlite_where=text("state <> 'closed'"),
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_conversation_state_last_at", "state", "last_at", "id"),
        Index("ix_conversation_identity_id", "identity_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    thread_key: Mapped[str | None]
    channel: Mapped[str]
    medium: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    preview: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    unread: Mapped[bool] = mapped_column(default=True)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    merged_into: Mapped[int | None]


class ParticipantRow(Base):
    """Who may speak in a conversation, by address: an unknown one with a right id starts its own."""

    __tablename__ = "participant"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)


class MessageRefRow(Base):
    """Every message id seen, received or only referred to, and the conversation it belongs to."""

    __tablename__ = "message_ref"
    __table_args__ = (Index("ix_message_ref_conversation_id", "conversation_id"),)

    ref: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))


class InteractionRow(Base):
    """One stored fact; the id is its time (milliseconds << 20 | 20 bits), so the key is the timeline's order."""

    __tablename__ = "interaction"
    __table_args__ = (
        Index("ix_interaction_identity_id", "identity_id", "id"),
        Index("ix_interaction_conversation_id", "conversation_id", "id"),
        # For segments; partial, so that what comes in by mail, text and call does not pay for them.
        Index(
            "ix_interaction_out",
            "id",
            "identity_id",
            "medium",
            "kind",
            "direction",
            sqlite_where=text("direction = 'out'"),
            postgresql_where=text("direction = 'out'"),
        ),
        Index(
            "ix_interaction_asked",
            "identity_id",
            "id",
            sqlite_where=text("medium IN ('survey', 'form')"),
            postgresql_where=text("medium IN ('survey', 'form')"),
        ),
        Index(
            "uq_interaction_content_key",
            "content_key",
            unique=True,
            sqlite_where=text("content_key IS NOT NULL"),
            postgresql_where=text("content_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    channel: Mapped[str]
    medium: Mapped[str]
    direction: Mapped[str]
    kind: Mapped[str]
    trust: Mapped[str]
    external_id: Mapped[str]
    content_key: Mapped[str | None]
    subject: Mapped[str]
    text: Mapped[str]
    detail: Mapped[dict[str, Any] | None]
    customer_why: Mapped[str]
    conversation_why: Mapped[str]
    received_at: Mapped[datetime]


class InteractionEventRow(Base):
    """What was learnt later of an interaction: steps of a call, a delivery, a transcript."""

    __tablename__ = "interaction_event"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_interaction_event_interaction_id", "interaction_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("interaction.id"))
    channel: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ArrivalRow(Base):
    """One way an interaction reached us, with its raw payload; without an interaction it could not be read yet."""

    __tablename__ = "arrival"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_arrival_interaction_id", "interaction_id"),
        Index(
            "ix_arrival_state",
            "state",
            "id",
            sqlite_where=text("state <> 'captured'"),
            postgresql_where=text("state <> 'captured'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    key: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[bytes | None]
    raw_blob: Mapped[str | None]
    content_type: Mapped[str] = mapped_column(default="")
    note: Mapped[dict[str, Any] | None]
    received_at: Mapped[datetime]


class AttachmentRow(Base):
    """A file of an interaction; `waiting` until its bytes are fetched from `url`, `gone` when they never will be."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("interaction_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("interaction.id"))
    position: Mapped[int]
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    content_id: Mapped[str] = mapped_column(default="")
    inline: Mapped[bool] = mapped_column(default=False)
    url: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="stored")


class BlobRow(Base):
    """Stored bytes by their hash, and how many rows point at them; at zero the sweep may remove them."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    references: Mapped[int]
    created_at: Mapped[datetime]
