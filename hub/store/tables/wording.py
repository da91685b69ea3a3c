"""What templates share and what is known of them: snippets, and what became of the links in a version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class SnippetRow(Base):
    """One version of a piece that templates share, in one language; the active one counts."""

    __tablename__ = "snippet"
    __table_args__ = (UniqueConstraint("name", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    text: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")


class LinkCheckRow(Base):
    """What became of every link of a template's version when somebody had them tried; the newest counts."""

    __tablename__ = "link_check"
    __table_args__ = (Index("ix_link_check_template_id", "template_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("template.id"))
    found: Mapped[list[Any]]
    by: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class RestRow(Base):
    """Until when an address asked to be left alone by promotions; each choice is a row, the newest counts."""

    __tablename__ = "rest"
    __table_args__ = (Index("ix_rest_identity_id", "identity_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    until: Mapped[datetime]
    source: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
