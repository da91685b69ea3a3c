"""Opening hours: when a business is open by the week, and on dates with hours of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.errors import Refused
from hub.model.local_time import local_instant

# From a time until another of the same day; None: until midnight.
Span = tuple[time, time | None]
Spans = Mapping[str, tuple[Span, ...]]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|24:00)\Z")
_YEARLY = re.compile(r"\d\d-\d\d\Z")
_MOST_DAYS = 400
_LEAP_YEAR = 2000
# What opens less often than that is not waited for.
_LOOKS_AHEAD_DAYS = 31


class Standing(StrEnum):
    """How a business stands at a moment; `holiday`: closed, on a date with hours of its own."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """Hours by weekday (`mon`), and `days`: dates with hours of their own (none: closed), 2026-12-24 or 12-25 of every
    year.
    """

    week: Spans
    days: Spans = field(default_factory=dict)

    def standing(self, local: datetime) -> Standing:
        """Returns whether it is open at a local time."""
        spans, special = self._of(local.date())
        if any(begin <= local.time() and (end is None or local.time() < end) for begin, end in spans):
            return Standing.OPEN
        return Standing.HOLIDAY if special else Standing.CLOSED

    def next_opening(self, at: datetime, place: ZoneInfo) -> datetime | None:
        """Returns the next instant (UTC) after `at` at which it opens; None where it does not within a month."""
        today = at.astimezone(place).date()
        for day in (today + timedelta(days=ahead) for ahead in range(_LOOKS_AHEAD_DAYS)):
            for begin, _ in self._of(day)[0]:
                if (opens := local_instant(datetime.combine(day, begin), place)) > at:
                    return opens
        return None

    def _of(self, day: date) -> tuple[tuple[Span, ...], bool]:
        written = day.isoformat()
        special = self.days.get(written, self.days.get(written[5:]))
        return (self.week.get(WEEKDAYS[day.weekday()], ()), False) if special is None else (special, True)


def read_opening_hours(given: Mapping[str, Any], where: str) -> OpeningHours:
    """Reads `week` and `days` of a definition. Raises Refused naming the field below `where`."""
    week, days = given.get("week") or {}, given.get("days") or {}
    if not isinstance(week, Mapping) or not set(week) <= set(WEEKDAYS):
        raise Refused(f"The week has hours by day: {', '.join(WEEKDAYS)}.", field=_below(where, "week"))
    if not isinstance(days, Mapping) or len(days) > _MOST_DAYS:
        raise Refused(f"Days are at most {_MOST_DAYS} dates, each with its hours.", field=_below(where, "days"))
    for day in days:
        _check_day(str(day), _below(where, "days"))
    return OpeningHours(
        week={day: spans for day in WEEKDAYS if (spans := _spans(week, day, _below(where, "week")))},
        days={str(day): _spans(days, day, _below(where, "days")) for day in sorted(days)},
    )


def hours_as_json(week: Spans, days: Spans) -> dict[str, Any]:
    """Returns hours as they are stored, without days where there are none."""
    kept: dict[str, Any] = {"week": {day: spans_as_text(spans) for day, spans in week.items()}}
    if days:
        kept["days"] = {day: spans_as_text(spans) for day, spans in days.items()}
    return kept


def spans_as_text(spans: Iterable[Span]) -> list[str]:
    """Returns opening hours as they are written: 09:00-12:00."""
    return [f"{begin:%H:%M}-{end:%H:%M}" if end else f"{begin:%H:%M}-24:00" for begin, end in spans]


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _check_day(written: str, where: str) -> None:
    try:
        date.fromisoformat(f"{_LEAP_YEAR}-{written}" if _YEARLY.match(written) else written)
    except ValueError:
        raise Refused(
            f"{written!r} is no date.", field=where, next_step="Write it as 2026-12-24, or as 12-25 for every year."
        ) from None


def _spans(given: Mapping[str, Any], day: str, where: str) -> tuple[Span, ...]:
    hours = given.get(day, ())
    if not isinstance(hours, list | tuple):
        raise Refused(f"{day} is a list.", field=f"{where}.{day}")
    found: list[Span] = []
    for written in hours:
        told = _SPAN.match(str(written).strip())
        begin = time(int(told[1]), int(told[2])) if told else time()
        end = time(int(told[3]), int(told[4])) if told and told[3] else None
        if told is None or (end is not None and end <= begin):
            raise Refused(
                f"{written!r} are no opening hours.",
                field=f"{where}.{day}",
                next_step="Write them as 09:00-17:30; past midnight until 24:00, and from 00:00 on the next day.",
            )
        found.append((begin, end))
    found.sort(key=lambda span: span[0])
    if any(before[1] is None or before[1] > after[0] for before, after in pairwise(found)):
        raise Refused("Two opening hours of a day overlap.", field=f"{where}.{day}")
    return tuple(found)
