"""Equipment: what stands with a customer, and when its next service is due."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

IN_USE: Final = "in_use"
RETIRED: Final = "retired"
STATES = (IN_USE, RETIRED)
SERVICE, READING, FAULT = "service", "reading", "fault"
KINDS = (SERVICE, READING, FAULT)
LONGEST_MONTHS = 600
# A meter that hardly moves says nothing about a day further away than this.
_FURTHEST = timedelta(days=3653)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What the next service follows from: an interval in months, one of the meter, or both.

    `since`: the last service, else the installation; `since_reading`: what the meter showed then.
    """

    since: date | None
    months: int | None = None
    every: Decimal | None = None
    since_reading: Decimal = Decimal(0)
    reading: Decimal | None = None
    read_on: date | None = None


def next_service(upkeep: Upkeep) -> date | None:
    """Returns the day on which the next service is due, whichever interval ends first; None where nothing says it."""
    found = [day for day in (_by_calendar(upkeep), _by_meter(upkeep)) if day is not None]
    return min(found, default=None)


def months_later(day: date, months: int) -> date:
    """Returns the same day of a later month, or the last one of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _by_calendar(upkeep: Upkeep) -> date | None:
    if upkeep.since is None or not upkeep.months:
        return None
    return months_later(upkeep.since, upkeep.months)


def _by_meter(upkeep: Upkeep) -> date | None:
    """Returns the day on which the meter reaches the interval, at the pace it has had since the last service."""
    if not upkeep.every or upkeep.reading is None or upkeep.read_on is None:
        return None
    left = upkeep.since_reading + upkeep.every - upkeep.reading
    if left <= 0:
        return upkeep.read_on
    run = upkeep.reading - upkeep.since_reading
    days = (upkeep.read_on - upkeep.since).days if upkeep.since else 0
    if run <= 0 or days <= 0:
        return None
    ahead = math.ceil(left * days / run)
    return upkeep.read_on + timedelta(days=ahead) if ahead <= _FURTHEST.days else None
