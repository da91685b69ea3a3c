"""The way out: templates, reminder rules, messages and every step they took."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text

from hub.store.tables.base import Base, Mapped, mapped_column


class TemplateRow(Base):
    """One version of one message in one language: all its faces, as they are rendered.

    `source`: the faces as staff wrote them, where they differ: in blocks, with snippets; `snippets`: the version of
    each; `files`: what goes with a mail (filename, content_type, sha256, size). `kind`: what it is by the rulebook's
    words (hub.model.kinds), by which a country may count it as a promotion; empty: its purpose says it everywhere.
    """

    __tablename__ = "template"
    __table_args__ = (UniqueConstraint("name", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    purpose: Mapped[str]
    kind: Mapped[str] = mapped_column(default="", server_default="")
    faces: Mapped[dict[str, Any]]
    source: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    snippets: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    files: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class ReminderRuleRow(Base):
    """A reminder: `minutes_before` the start of `about`, by one channel, with one template.

    `next_channel`: the one by which it is told where a call of it reached nobody, empty for none.
    `best_of`: others, one of which takes the place of the own one for a customer who writes to us mostly that way.
    What is about a day (a birthday, a service) goes out whole days before it, at `at_minute` of the customer's day, or
    at the customer's best hour where that is known and within `best_hours` (from, until; empty: not asked for).
    """

    __tablename__ = "reminder_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    about: Mapped[str]
    minutes_before: Mapped[int]
    lead_minutes: Mapped[int] = mapped_column(default=30)
    at_minute: Mapped[int] = mapped_column(default=540, server_default="540")
    best_hours: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    channel: Mapped[str]
    next_channel: Mapped[str] = mapped_column(default="", server_default="")
    best_of: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    template: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class ReminderSkipRow(Base):
    """A reminder that was never planned, and why: nobody may miss one without an answer to "why not"."""

    __tablename__ = "reminder_skip"
    __table_args__ = (Index("ix_reminder_skip_customer_id", "customer_id"),)

    rule_id: Mapped[int] = mapped_column(ForeignKey("reminder_rule.id"), primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    about_id: Mapped[int] = mapped_column(primary_key=True)
    about_revision: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    seen: Mapped[dict[str, Any]]
    at: Mapped[datetime]


# Written out, not bound: an engine uses the partial index only for the very words of its condition.
REFERRED_TO = text("message.reference <> ''")


class MessageRow(Base):
    """One outbound row; its states and who moves them stand in hub.model.outbound."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_state_due_at", "state", "due_at", "id"),
        # Most messages are about nothing, and have no reference until they were accepted. On PostgreSQL each state of a
        # message is written into every index that holds it.
        Index(
            "ix_message_reference",
            "reference",
            sqlite_where=text("reference <> ''"),
            postgresql_where=text("reference <> ''"),
        ),
        Index("ix_message_rfc_message_id", "rfc_message_id"),
        Index(
            "ix_message_about",
            "about",
            "about_id",
            sqlite_where=text("about_id IS NOT NULL"),
            postgresql_where=text("about_id IS NOT NULL"),
        ),
        Index("ix_message_identity_id", "identity_id", "id"),
        # Without it the removal of a customer reads every message.
        Index("ix_message_customer_id", "customer_id"),
        Index(
            "ix_message_interaction_id",
            "interaction_id",
            sqlite_where=text("interaction_id IS NOT NULL"),
            postgresql_where=text("interaction_id IS NOT NULL"),
        ),
        Index(
            "ix_message_run_id",
            "run_id",
            "state",
            sqlite_where=text("run_id IS NOT NULL"),
            postgresql_where=text("run_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str]
    purpose: Mapped[str]
    channel: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # No foreign key: SQLite cannot add one to a table that others refer to.
    run_id: Mapped[int | None]
    template: Mapped[str] = mapped_column(default="")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id"))
    about: Mapped[str] = mapped_column(default="")
    about_id: Mapped[int | None]
    about_revision: Mapped[int | None]
    content: Mapped[dict[str, Any]]
    rfc_message_id: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    delivery: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    attempt: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    body_hash: Mapped[str] = mapped_column(default="")
    parts: Mapped[int] = mapped_column(default=0)
    reference: Mapped[str] = mapped_column(default="")
    phase: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)


class MessageStepRow(Base):
    """One step of a message: where it went, why, and the values that were seen; never changed."""

    __tablename__ = "message_step"
    __table_args__ = (Index("ix_message_step_message_id", "message_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    state: Mapped[str]
    reason: Mapped[str]
    seen: Mapped[dict[str, Any] | None]
    worker: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class DeliveryEventRow(Base):
    """News of a message from its provider; without a message it waits for its message to be committed."""

    __tablename__ = "delivery_event"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_delivery_event_message_id", "message_id"),
        Index("ix_delivery_event_reference", "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    key: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    reference: Mapped[str]
    status: Mapped[str]
    code: Mapped[str]
    reason: Mapped[str]
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
