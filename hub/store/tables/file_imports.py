"""Files that staff brings in by a page: how far each is, and what became of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.store.tables.base import Base, Mapped, mapped_column


class FileImportRow(Base):
    """One file tried or taken in by a page. `what`: of which kind its rows are; `report`: what became of them.

    `heard_at`: when whoever works on it last said so.
    """

    __tablename__ = "file_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]
    sha256: Mapped[str]
    is_dry: Mapped[bool]
    staff_id: Mapped[int]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(default="")
    heard_at: Mapped[datetime]
