"""Days as instants: how a reminder names the day that it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def midnight(day: date) -> datetime:
    """Returns the instant by which a day is named wherever the customer is: its beginning in UTC."""
    return datetime.combine(day, time(), UTC)
