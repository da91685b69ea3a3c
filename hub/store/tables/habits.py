"""How customers write to us, worked out now and then from what they wrote."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index

from hub.store.tables.base import Base, Mapped, mapped_column


class HabitRow(Base):
    """A customer's habits, as hub.model.habits has them; without a row there is too little evidence for any.

    `hour`: of their own day, None where no hours stand out. `looked_at`: when their history was last read.
    """

    __tablename__ = "habit"
    __table_args__ = (Index("ix_habit_hour", "hour"), Index("ix_habit_medium", "medium"))

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    many: Mapped[int]
    medium: Mapped[str]
    of_medium: Mapped[int]
    hour: Mapped[int | None]
    of_hour: Mapped[int]
    part_of_day: Mapped[str]
    in_part: Mapped[int]
    looked_at: Mapped[datetime]
