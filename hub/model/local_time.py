"""Local time: wall-clock times become instants, and whole days are counted on the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from hub.model.errors import Refused

MINUTES_A_DAY = 1440
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Returns an IANA time zone. Raises Refused naming it when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(
            f"{name!r} is no time zone.", field="time_zone", next_step="Write it as Europe/Prague or America/New_York."
        ) from None


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Returns the names of all IANA time zones, in order; the files that say so are read once."""
    return tuple(sorted(available_timezones()))


def local_instant(wall: datetime, place: ZoneInfo) -> datetime:
    """Returns the UTC instant of a wall-clock time (naive) in a zone.

    A time that the clocks skip gives the first valid instant after the gap; one that comes twice gives the first pass
    (PEP 495, fold=0).
    """
    wall = wall.replace(tzinfo=None, fold=0)
    before = wall.replace(tzinfo=place).astimezone(UTC)
    if before.astimezone(place).replace(tzinfo=None) == wall:
        return before
    # In a gap, fold=1 reads the wall time with the offset after the change: an instant just before the change.
    early = wall.replace(tzinfo=place, fold=1).astimezone(UTC)
    late = before
    while late - early > _SECOND:
        middle = early + (late - early) / 2
        if middle.astimezone(place).utcoffset() == early.astimezone(place).utcoffset():
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def minutes_before(instant: datetime, minutes: int, place: ZoneInfo) -> datetime:
    """Returns the UTC instant `minutes` before another.

    Whole days are counted on the calendar of the place, so "a day before 10:00" is 10:00 although the clocks change in
    between; anything else is elapsed time.
    """
    if minutes % MINUTES_A_DAY:
        return instant - timedelta(minutes=minutes)
    wall = instant.astimezone(place).replace(tzinfo=None) - timedelta(days=minutes // MINUTES_A_DAY)
    return local_instant(wall, place)


def minutes_after(instant: datetime, minutes: int, place: ZoneInfo) -> datetime:
    """Returns the UTC instant `minutes` after another; whole days are counted as `minutes_before` does."""
    return minutes_before(instant, -minutes, place)
