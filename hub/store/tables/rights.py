"""What the law has kept about persons: do-not-call lists, limits, their requests, breaches and privacy notices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text

from hub.store.tables.base import Base, Mapped, mapped_column


class DoNotCallListRow(Base):
    """A list of numbers that nobody may call, as it was loaded; the newest loaded one of a name counts.

    `as_of`: from when it is, `numbers`: how many it has, `unread`: lines that are no numbers.
    """

    __tablename__ = "do_not_call_list"
    __table_args__ = (Index("ix_do_not_call_list_name", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    as_of: Mapped[datetime]
    numbers: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str] = mapped_column(default="")


class DoNotCallNumberRow(Base):
    """A number of a list, by its keyed digest: whose number it is nobody can read out of it."""

    __tablename__ = "do_not_call_number"

    digest: Mapped[str] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(primary_key=True)


class CustomerLimitRow(Base):
    """What must not be done with a customer: everything (`deceased`), whatever they did not ask for (`restriction`),
    `profiling`, or promotions without a guardian's consent (`child`). In force until it is lifted.
    """

    __tablename__ = "customer_limit"
    __table_args__ = (
        Index(
            "uq_customer_limit_open",
            "customer_id",
            "kind",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    guardian: Mapped[str] = mapped_column(default="")
    request_id: Mapped[int | None]
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(default="")
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(default="")


class PersonRequestRow(Base):
    """A request of a person about their data, its deadline and its task; `evidence`: how it was made, `checked`: how
    it was made sure who asks, `answer`: what was done.
    """

    __tablename__ = "person_request"
    __table_args__ = (
        Index("ix_person_request_state", "state", "due_at"),
        Index("ix_person_request_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str]
    who: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str]
    checked: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    answer: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    extended_why: Mapped[str] = mapped_column(default="")
    task_id: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(default="")


class BreachRow(Base):
    """A breach of persons' data: what happened, until when the authority must know, and whom it was told."""

    __tablename__ = "breach"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    what: Mapped[str]
    effects: Mapped[str] = mapped_column(default="")
    measures: Mapped[str] = mapped_column(default="")
    people: Mapped[int] = mapped_column(default=0)
    noticed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    authority_told_at: Mapped[datetime | None]
    people_told_at: Mapped[datetime | None]
    why_not_told: Mapped[str] = mapped_column(default="")
    task_id: Mapped[int | None]
    created_by: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(default="")


class PrivacyNoticeRow(Base):
    """One version of the privacy notice in a language; what held at a time is the newest of before."""

    __tablename__ = "privacy_notice"
    __table_args__ = (Index("uq_privacy_notice", "language", "version", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str]
    version: Mapped[int]
    text: Mapped[str]
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(default="")
