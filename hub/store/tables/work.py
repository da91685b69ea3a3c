"""Dated facts and work: appointments, tasks, jobs, forms, uploads, events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class AppointmentRow(Base):
    """A meeting with a customer; `revision` rises with every move or cancellation, so nothing stale is sent."""

    __tablename__ = "appointment"
    __table_args__ = (
        Index("ix_appointment_starts_at", "starts_at", "id"),
        Index("ix_appointment_customer_id", "customer_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    external_id: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    time_zone: Mapped[str]
    location: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="booked")
    revision: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class TaskRow(Base):
    __tablename__ = "task"
    __table_args__ = (Index("ix_task_state_due_at", "state", "due_at"), Index("ix_task_customer_id", "customer_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str]
    title: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(default="open")
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class JobRow(Base):
    """Work to be done after a commit and retried until it is: fetch media, confirm an opt-in."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    worker: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class DomainEventRow(Base):
    """Something that happened, for rules, webhooks and pages to read in order; never changed."""

    __tablename__ = "domain_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[int | None]
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class CallFlowRow(Base):
    """One version of a call flow; the newest active one counts. `definition` is the typed steps, title within."""

    __tablename__ = "call_flow"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class FormRow(Base):
    """One version of a form; the newest active one is shown."""

    __tablename__ = "form"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    version: Mapped[int]
    name: Mapped[str]
    definition: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class UploadRow(Base):
    """A survey file: stored, looked at, tried dry, committed from `next_row` on, or undone."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    filename: Mapped[str]
    title: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    shape: Mapped[dict[str, Any]]
    mapping: Mapped[dict[str, Any]]
    state: Mapped[str]
    rows: Mapped[int] = mapped_column(default=0)
    next_row: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    worker: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class UploadOutcomeRow(Base):
    """What became of one row of an upload, in a dry run (`dry`) or for good; `nps` is its score, for the figures."""

    __tablename__ = "upload_outcome"

    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id"), primary_key=True)
    dry: Mapped[bool] = mapped_column(primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    nps: Mapped[int | None]
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
