"""Keys by which mail is signed, as the domain publishes them; the private half is among the sealed secrets."""

from __future__ import annotations

from datetime import datetime

from hub.store.tables.base import Base, Mapped, mapped_column


class DkimKeyRow(Base):
    """A key of a channel. `record`: what stands in DNS under `selector._domainkey.domain`; `enabled`: mails bear it."""

    __tablename__ = "dkim_key"

    channel: Mapped[str] = mapped_column(primary_key=True)
    selector: Mapped[str] = mapped_column(primary_key=True)
    domain: Mapped[str]
    record: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(default="")
