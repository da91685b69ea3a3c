"""The calendar parts of a mail (RFC 5545, 5546, 6047): invitations, changes, cancellations and answers, as events.

The library reads the lines and the values. Its reader of whole calendars is not used: it expands the rules of every
VTIMEZONE and keeps the zones for later calendars, and here both are a stranger's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar.parser import Contentline, Contentlines
from icalendar.prop import vDDDTypes, vDuration, vRecur

from channels.email_message.calendar_zones import Observance, Zones, observance
from channels.email_message.mail import Part
from hub.model.calendar_event import LONGEST_UID, Attendee, CalendarEvent, Method, Recurrence
from hub.model.clean import clean_header, clean_text

LARGEST = 256 * 1024
_LINES = 5_000
_LONGEST_LINE = 8_000
_EVENTS = 20
_ATTENDEES = 50
_LONGEST_WORDS = 300
_LONGEST_DESCRIPTION = 4_000
# Later dates cannot be moved between zones; earlier ones are no meeting.
_YEARS = range(1971, 2200)
_KINDS = frozenset(("VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"))
_EVERY = {
    "DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year",
    "HOURLY": "hour", "MINUTELY": "minute", "SECONDLY": "second",
}  # fmt: skip
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "DELEGATED": "delegated"}
_SAID = frozenset(("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST"))


@dataclass(slots=True)
class _Property:
    """One content line: its value, unescaped, and its parameters."""

    value: str
    params: Mapping[str, Any]

    def param(self, name: str) -> str:
        found = self.params.get(name, "")
        return " ".join(found) if isinstance(found, list) else str(found)


@dataclass(slots=True)
class _Component:
    name: str
    properties: dict[str, list[_Property]] = field(default_factory=dict)
    observances: list[Observance] = field(default_factory=list)

    def first(self, name: str) -> _Property | None:
        found = self.properties.get(name)
        return found[0] if found else None

    def words(self, name: str, most: int = _LONGEST_WORDS) -> str:
        found = self.first(name)
        return clean_header(found.value)[:most] if found else ""


def invitations(parts: Iterable[Part]) -> tuple[CalendarEvent, ...]:
    """Returns the events of a mail's calendar parts, each once: Gmail sends the same as a body part and as a file."""
    found: dict[tuple[str, Method], CalendarEvent] = {}
    for part in parts:
        if part.is_calendar and part.size <= LARGEST:
            for event in read_events(part.content):
                found.setdefault((event.key, event.method), event)
    return tuple(found.values())[:_EVENTS]


def read_events(content: bytes) -> tuple[CalendarEvent, ...]:
    """Reads the events of one calendar, in order, 20 at most; what is broken in it is left out. Never raises."""
    if b"BEGIN:VCALENDAR" not in content[:LARGEST].upper():
        return ()
    calendar = _Component("VCALENDAR")
    events: list[_Component] = []
    zones: dict[str, tuple[str, list[Observance]]] = {}
    for component in _components(_text(content[:LARGEST]), calendar):
        if component.name == "VEVENT" and len(events) < _EVENTS:
            events.append(component)
        elif component.name == "VTIMEZONE" and len(zones) < _EVENTS and (named := component.first("TZID")):
            zones[named.value] = component.words("X-LIC-LOCATION"), component.observances
    known = Zones(zones, calendar.words("X-WR-TIMEZONE"))
    method = next((each for each in Method if each.value == calendar.words("METHOD").lower()), Method.PUBLISH)
    return tuple(_event(each, method, known) for each in events)


def _text(content: bytes) -> str:
    """UTF-8, as calendars are (RFC 5545, 3.1.4); what is not was written by an old Outlook."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _components(text: str, calendar: _Component) -> Iterator[_Component]:
    """Yields the components that matter as they end; others, and what lies within them, are passed over."""
    stack = [calendar]
    passed = 0
    unfolded: list[str] = Contentlines.from_ical(text.replace("\r\n", "\n").replace("\r", "\n"))  # type: ignore[no-untyped-call]  # the library's
    for line in unfolded[:_LINES]:
        name = line[:40].partition(":")[0].partition(";")[0].strip().upper()
        if name in ("BEGIN", "END"):
            kind = line.partition(":")[2].strip().upper()
            if kind == "VCALENDAR":
                continue
            if kind not in _KINDS:
                passed = max(0, passed + (1 if name == "BEGIN" else -1))
            elif name == "BEGIN" and not passed and len(stack) < len(_KINDS):
                stack.append(_Component(kind))
            elif name == "END" and not passed and len(stack) > 1 and stack[-1].name == kind:
                ended = stack.pop()
                if kind in ("STANDARD", "DAYLIGHT"):
                    _observe(stack[-1], ended)
                else:
                    yield ended
        elif name in _READ and not passed:
            _keep(stack[-1], line[:_LONGEST_LINE], name)


_READ = frozenset((
    "METHOD", "X-WR-TIMEZONE", "UID", "RECURRENCE-ID", "SEQUENCE", "DTSTAMP", "SUMMARY", "DESCRIPTION", "LOCATION",
    "DTSTART", "DTEND", "DURATION", "STATUS", "ORGANIZER", "ATTENDEE", "RRULE", "TZID", "X-LIC-LOCATION",
    "TZOFFSETFROM", "TZOFFSETTO",
))  # fmt: skip


def _keep(component: _Component, line: str, name: str) -> None:
    kept = component.properties.setdefault(name, [])
    if len(kept) >= _ATTENDEES:
        return
    try:
        _name, params, value = Contentline(line).parts()
    except ValueError:
        return
    kept.append(_Property(value, params))


def _observe(zone: _Component, told: _Component) -> None:
    start, offset = told.first("DTSTART"), told.first("TZOFFSETTO")
    if start and offset:
        rule = told.first("RRULE")
        seen = observance(start.value, offset.value, rule.value if rule else "", daylight=told.name == "DAYLIGHT")
        if seen is not None and len(zone.observances) < _ATTENDEES:
            zone.observances.append(seen)


def _event(told: _Component, method: Method, zones: Zones) -> CalendarEvent:
    starts_at, time_zone, all_day, floating = _start(told, zones)
    attendees = tuple(_attendee(each) for each in told.properties.get("ATTENDEE", ()))
    organiser, rule = told.first("ORGANIZER"), told.first("RRULE")
    title = told.words("SUMMARY")
    uid = told.words("UID", 2_000)
    if not uid or len(uid) > LONGEST_UID:
        uid = f"sha256-{hashlib.sha256(f'{uid}{title}{starts_at}'.encode()).hexdigest()}"
    description = told.first("DESCRIPTION")
    return CalendarEvent(
        uid=uid,
        method=method,
        recurrence_id=told.words("RECURRENCE-ID", 40),
        sequence=_number(told.words("SEQUENCE", 9)),
        stamped_at=_instant(told.first("DTSTAMP"), zones),
        title=title,
        description=clean_text(description.value)[:_LONGEST_DESCRIPTION].strip() if description else "",
        location=told.words("LOCATION"),
        starts_at=starts_at,
        ends_at=_end(told, zones, starts_at, all_day=all_day),
        time_zone=time_zone,
        all_day=all_day,
        floating=floating,
        status=told.words("STATUS", 20).lower(),
        organiser=_attendee(organiser) if organiser else Attendee(),
        attendees=attendees,
        repeats=_recurrence(rule.value) if rule else None,
    )


def _start(told: _Component, zones: Zones) -> tuple[datetime | None, str, bool, bool]:
    """Returns the start, its zone's name, whether of whole days, whether without a zone."""
    named = told.first("DTSTART")
    wall, utc = _written(named)
    if named is None or wall is None:
        return None, "", False, False
    if not isinstance(wall, datetime):
        midnight = datetime(wall.year, wall.month, wall.day, tzinfo=UTC)
        return midnight, "", True, True
    if utc:
        return wall.replace(tzinfo=UTC), "", False, False
    instant, name = zones.instant(wall, named.param("TZID"))
    return instant or wall.replace(tzinfo=UTC), name, False, instant is None


def _instant(named: _Property | None, zones: Zones) -> datetime | None:
    wall, utc = _written(named)
    if named is None or wall is None:
        return None
    if not isinstance(wall, datetime):
        return datetime(wall.year, wall.month, wall.day, tzinfo=UTC)
    if utc:
        return wall.replace(tzinfo=UTC)
    return zones.instant(wall, named.param("TZID"))[0] or wall.replace(tzinfo=UTC)


def _written(named: _Property | None) -> tuple[date | datetime | None, bool]:
    """Returns a date or wall-clock time as written, and whether it is said to be UTC."""
    if named is None:
        return None, False
    value = named.value.strip().upper()
    try:
        found = vDDDTypes.from_ical(value)
    except (ValueError, TypeError):
        return None, False
    if not isinstance(found, date) or found.year not in _YEARS:
        return None, False
    return (found.replace(tzinfo=None), value.endswith("Z")) if isinstance(found, datetime) else (found, False)


def _end(told: _Component, zones: Zones, starts_at: datetime | None, *, all_day: bool) -> datetime | None:
    """DTEND, or DTSTART and DURATION; a day without either lasts a day (RFC 5545, 3.6.1)."""
    if starts_at is None:
        return None
    ends_at = _instant(told.first("DTEND"), zones)
    duration = told.first("DURATION")
    if ends_at is None and duration is not None:
        try:
            lasts = vDuration.from_ical(duration.value.strip().upper())
            ends_at = starts_at + lasts
        except (ValueError, TypeError, OverflowError):
            ends_at = None
    if ends_at is None and all_day:
        ends_at = starts_at + timedelta(days=1)
    return ends_at if ends_at is not None and ends_at > starts_at and ends_at.year in _YEARS else None


def _attendee(named: _Property) -> Attendee:
    address = clean_header(named.value).strip()
    address = address[7:] if address.lower().startswith("mailto:") else ""
    name = clean_header(named.param("CN")).strip("\"' ")[:_LONGEST_WORDS]
    answer = _ANSWERS.get(named.param("PARTSTAT").upper(), "")
    return Attendee(name="" if name == address else name, address=address[:_LONGEST_WORDS], answer=answer)


def _recurrence(value: str) -> Recurrence | None:
    try:
        rule = vRecur.from_ical(value[:1_000].upper())
    except ValueError:
        return None
    every = _EVERY.get(_one(rule, "FREQ"))
    if every is None:
        return None
    until = next((each for each in rule.get("UNTIL", ()) if isinstance(each, date)), None)
    return Recurrence(
        every=every,
        interval=max(1, _number(_one(rule, "INTERVAL"))),
        weekdays=tuple(str(each) for each in rule.get("BYDAY", ()))[:7],
        month_days=tuple(int(each) for each in rule.get("BYMONTHDAY", ()))[:31],
        count=_number(_one(rule, "COUNT")),
        until=(until.date() if isinstance(until, datetime) else until).isoformat() if until else "",
        further=not set(rule) <= _SAID,
    )


def _one(rule: Mapping[str, Any], name: str) -> str:
    return str(next(iter(rule.get(name, ())), ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
