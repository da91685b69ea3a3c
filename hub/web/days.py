"""Days as they are written on pages and in calls of the API, of what holds from a day on."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.model.errors import Refused


def day_of(written: str) -> datetime | None:
    """Returns the day from which a list is, None where nobody says. Raises Refused."""
    if not written.strip():
        return None
    try:
        day = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused(f"{written[:40]!r} is no day.", field="as_of", next_step="Write it as 2026-03-02.") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)
