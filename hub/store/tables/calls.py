"""Staff's side of calls: whom to ring, and the calls that staff asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger

from hub.store.tables.base import Base, Mapped, mapped_column


class RosterRow(Base):
    """Who is on call when; `definition` is the typed roster, title within."""

    __tablename__ = "roster"

    name: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(default="")


class PlacedCallRow(Base):
    """A call that a staff member asked for: their own phone is rung first, then the customer's, once a `key`.

    `state`: asked, placed, failed, unknown (the provider's answer was lost). Its numbers are no foreign keys: it stays
    as evidence of what staff did when the customer is removed.
    """

    __tablename__ = "placed_call"

    key: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    customer_id: Mapped[int]
    identity_id: Mapped[int]
    staff_id: Mapped[int | None]
    number: Mapped[str]
    state: Mapped[str]
    call: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime]
