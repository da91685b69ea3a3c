"""Channels added on a page or by the command line, the consents by which they sign in, and half-made ones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from hub.store.tables.base import Base, Mapped, mapped_column


class ConnectionRow(Base):
    """One channel as the settings file would say it. `secrets` names the settings that are sealed apart, as secrets
    `connection/NAME/SETTING`; `account` is whose it is (the mailbox).
    """

    __tablename__ = "connection"

    name: Mapped[str] = mapped_column(primary_key=True)
    adapter: Mapped[str]
    mode: Mapped[str]
    sends_with: Mapped[str] = mapped_column(default="")
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[list[Any]]
    account: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    disconnected_at: Mapped[datetime | None]
    disconnected_why: Mapped[str] = mapped_column(default="")


class ConsentGivenRow(Base):
    """A consent (OAuth) to read and send mail of an account; its tokens are sealed secrets `consent/NAME/…`.

    `version` rises with every new token; who may ask for the next holds it until `claimed_until`.
    """

    __tablename__ = "consent_given"

    name: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str]
    account: Mapped[str] = mapped_column(default="")
    scope: Mapped[str] = mapped_column(default="")
    version: Mapped[int]
    expires_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    given_at: Mapped[datetime]
    refreshed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(default="")


class ApplicationRow(Base):
    """The hub as a provider knows it: its registration there; the secret is sealed as `application/PROVIDER`."""

    __tablename__ = "application"

    provider: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    tenant: Mapped[str] = mapped_column(default="")
    endpoints: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class ConnectionDraftRow(Base):
    """A connection being made, step by step: sealed, since a password may be in it. `state` is that of a consent."""

    __tablename__ = "connection_draft"
    __table_args__ = (Index("ix_connection_draft_state", "state"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    state: Mapped[str] = mapped_column(default="")
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
