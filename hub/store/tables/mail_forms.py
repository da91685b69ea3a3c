"""How the mails of a website's contact form are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from hub.store.tables.base import Base, Mapped, mapped_column


class MailFormRow(Base):
    """One version of how a form's mails are read; the newest active one counts."""

    __tablename__ = "mail_form"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    definition: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
