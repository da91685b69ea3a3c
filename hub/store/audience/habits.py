"""Conditions about habits, as SQL over what was worked out of what customers wrote."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select

from hub.model.segment.about_habits import BestChannel, BestHour
from hub.store.audience.scope import Scope, unless
from hub.store.tables import HabitRow


def best_hour(row: BestHour, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about the hour of their own day."""
    found: Select[Any] = select(HabitRow.customer_id).where(HabitRow.hour.is_not(None))
    if row.is_ == "between":
        found = found.where(HabitRow.hour >= row.since, HabitRow.hour < row.until)
    return unless(row.is_ == "unknown", scope.among(found, HabitRow.customer_id.expression))


def best_channel(row: BestChannel, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about the way they write to us."""
    found = select(HabitRow.customer_id).where(HabitRow.medium == row.medium)
    return unless(row.is_ == "is_not", scope.among(found, HabitRow.customer_id.expression))
