"""The time zones that calendars name: of IANA, of Windows, with a vendor's prefix, or told in the calendar itself."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # CLDR's windowsZones.xml

from hub.model.errors import Refused
from hub.model.local_time import local_instant, zone

_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?\Z")
# Outlook's own names: "(UTC+01:00) Amsterdam, Berlin", "(GMT-05:00) Eastern Time"; "UTC+1", "GMT+0200".
_NAMED_OFFSET = re.compile(r"\(?(?:UTC|GMT)(?:([+-])(\d{1,2}):?(\d\d)?)?\)?(?=\s|\Z)", re.IGNORECASE)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)\Z")
_UTC = frozenset(("utc", "gmt", "z", "etc/utc", "tzone://microsoft/utc", "coordinated universal time"))


@dataclass(frozen=True, slots=True)
class Observance:
    """STANDARD or DAYLIGHT of a VTIMEZONE: from when on which offset holds, once or each year (RFC 5545, 3.6.5)."""

    starts: datetime
    offset: timedelta
    daylight: bool
    yearly: Mapping[str, str]

    def onsets(self, year: int) -> Iterator[datetime]:
        """Yields its changes of a year; a rule of another kind than yearly counts from its start alone."""
        if self.yearly:
            day = _day_of(self.yearly, year, self.starts)
            if day is not None:
                yield datetime.combine(day, self.starts.time())
        if not self.yearly or self.starts.year == year:
            yield self.starts


def observance(starts: str, offset: str, rule: str, *, daylight: bool) -> Observance | None:
    """Returns an observance of its DTSTART, TZOFFSETTO and RRULE, or None where they say nothing."""
    found = _OFFSET.match(offset.strip())
    try:
        begins = datetime.strptime(starts.strip()[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall-clock time of the zone
    except ValueError:
        return None
    if found is None:
        return None
    parts = dict(pair.partition("=")[::2] for pair in rule.upper().split(";")[:10])
    yearly = parts if parts.get("FREQ") == "YEARLY" else {}
    return Observance(begins, _span(found[1], found[2], found[3]), daylight, yearly)


class Zones:
    """The zones of one calendar: what it tells itself by TZID, and the zone that it names for all (X-WR-TIMEZONE)."""

    def __init__(self, told: Mapping[str, tuple[str, Sequence[Observance]]], usual: str) -> None:
        self._told = told
        self._usual = usual

    def instant(self, wall: datetime, tzid: str) -> tuple[datetime | None, str]:
        """Returns the instant of a wall-clock time and the IANA name of its zone ("" without one).

        None where nothing says which zone is meant. Names come first: what programs tell is often of one year.
        """
        tzid = tzid.strip().strip("\"'") or self._usual
        if not tzid:
            return None, ""
        location, told = self._told.get(tzid, ("", ()))
        place = _named(tzid) or _named(location)
        if place is not None:
            return local_instant(wall, place), place.key
        offset = _told_offset(told, wall)
        if offset is None:
            offset = _offset_of(tzid)
        return (None, "") if offset is None else ((wall - offset).replace(tzinfo=UTC), "")


def _named(name: str) -> ZoneInfo | None:
    """Returns the zone of a name of IANA, of Windows, or of IANA after a vendor's prefix (RFC 5545, 3.2.19)."""
    if name.lower() in _UTC:
        return ZoneInfo("UTC")
    path = name.strip("/").split("/")
    candidates = [WINDOWS_TO_OLSON.get(name, name), *("/".join(path[-length:]) for length in (3, 2))]
    for candidate in candidates:
        if candidate and candidate[0].isalpha() and len(candidate) < 60:
            try:
                return zone(candidate)
            except Refused:
                continue
    return None


def _told_offset(told: Sequence[Observance], wall: datetime) -> timedelta | None:
    """Returns the offset of the last change before a wall-clock time; before the first it is standard time."""
    if not told:
        return None
    begun = [
        (onset, each.offset)
        for each in told
        for year in (wall.year - 1, wall.year)
        for onset in each.onsets(year)
        if each.starts <= onset <= wall
    ]
    if begun:
        return max(begun)[1]
    return next((each.offset for each in told if not each.daylight), told[0].offset)


def _day_of(rule: Mapping[str, str], year: int, starts: datetime) -> date | None:
    """Returns the day of a yearly rule: the last Sunday of March, the first from the 8th on, the day it began."""
    month = int(rule["BYMONTH"]) if rule.get("BYMONTH", "").isdecimal() else starts.month
    until = rule.get("UNTIL", "")[:4]
    if not 1 <= month <= 12 or (until.isdecimal() and year > int(until)):
        return None
    days = monthrange(year, month)[1]
    found = _BY_DAY.match(rule.get("BYDAY", "").partition(",")[0])
    first = min((int(day) for day in rule.get("BYMONTHDAY", "").split(",") if day.isdecimal()), default=0)
    if found is None:
        return date(year, month, min(first or starts.day, days))
    weekday = _WEEKDAYS.index(found[2])
    place = int(found[1] or 1)
    if place > 0:
        begin = date(year, month, min(first, days) if first else 1)
        day = begin + timedelta(days=(weekday - begin.weekday()) % 7 + 7 * (place - 1))
    else:
        end = date(year, month, days)
        day = end - timedelta(days=(end.weekday() - weekday) % 7 + 7 * (-place - 1))
    return day if day.month == month else None


def _offset_of(name: str) -> timedelta | None:
    found = _NAMED_OFFSET.match(name)
    if found is None:
        return None
    return _span(found[1], found[2], found[3] or "0") if found[1] else timedelta(0)


def _span(sign: str, hours: str, minutes: str) -> timedelta:
    span = timedelta(hours=int(hours) % 24, minutes=int(minutes) % 60)
    return -span if sign == "-" else span
