"""Scope: the two ways to ask one condition, by sets for many customers and by look-ups for few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, exists, not_

from hub.store.tables import CustomerRow


@dataclass(frozen=True, slots=True)
class Scope:
    """`each`: conditions look up one customer at a time, which suits a page of them; else they gather whole sets.

    `now` says when; the days of birthdays and of dated facts are those of its own zone.
    """

    now: datetime
    engine: str
    each: bool

    def since(self, days: int) -> datetime:
        """Returns the moment so many days ago."""
        return self.now - timedelta(days=days)

    def among(self, found: Select[Any], customer: ColumnElement[int]) -> ColumnElement[bool]:
        """Returns the condition that a customer is among those found; `customer` is the column that names them.

        Both ways are true for the same customers; they differ in what they cost.
        """
        found = found.with_only_columns(customer)
        if self.each:
            return exists(found.where(customer == CustomerRow.id).correlate(CustomerRow))
        return CustomerRow.id.in_(found)

    def plain(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Returns a column by which one customer's rows are not to be looked up: there are far too many with its value.

        SQLite guesses which index is best; hidden in a sum or a text, the column is no choice (sqlite.org/optoverview).
        """
        if not self.each:
            return column
        return column.concat("") if isinstance(column.type, String) else column + 0


def unless(opposite: bool, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Returns the condition, or its opposite."""
    return not_(condition) if opposite else condition
