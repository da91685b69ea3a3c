"""Calendar events as a mail brings them (RFC 5545, 5546): what is to take place, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from hub.model.local_time import local_instant

LONGEST_UID = 300
# The earliest: of an event without DTSTAMP nothing says that it is newer than another.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Method(StrEnum):
    """What a calendar part asks for (RFC 5546, 1.4); one without METHOD is published."""

    PUBLISH = "publish"
    REQUEST = "request"
    REPLY = "reply"
    ADD = "add"
    CANCEL = "cancel"
    REFRESH = "refresh"
    COUNTER = "counter"
    DECLINE_COUNTER = "declinecounter"


_ORGANISERS = (Method.PUBLISH, Method.REQUEST, Method.ADD, Method.CANCEL)


class Step(StrEnum):
    """What one click makes of an invitation; `""`: nothing is left to do."""

    BOOK = "book"
    CHANGE = "change"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    NOTHING = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody whom an event names. `answer`: accepted, declined, tentative, delegated, or empty."""

    name: str = ""
    address: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """How an event repeats, to be said in words and never expanded: a stranger's rule may mean a million dates.

    `every`: day, week, month, year, hour, minute or second; `weekdays`: MO to SU, with the number before where it
    is of a month (`1MO`, `-1FR`); `until`: ISO date; `further`: the rule says more than this.
    """

    every: str
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()
    count: int = 0
    until: str = ""
    further: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """One event of a calendar part: cleaned text, aware UTC times.

    `time_zone` is the IANA name that the times were written in, empty where that is unknown or UTC. `floating`: the
    times were written without any zone. An event over whole days starts at 0:00 and ends at 0:00 of the day after.
    """

    uid: str
    method: Method = Method.PUBLISH
    recurrence_id: str = ""
    sequence: int = 0
    stamped_at: datetime | None = None
    title: str = ""
    description: str = ""
    location: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str = ""
    all_day: bool = False
    floating: bool = False
    status: str = ""
    organiser: Attendee = Attendee()
    attendees: tuple[Attendee, ...] = ()
    repeats: Recurrence | None = None

    @property
    def key(self) -> str:
        """The name of what takes place, the same in every version: the UID, with the date of one of a series."""
        return f"{self.uid}/{self.recurrence_id}" if self.recurrence_id else self.uid

    @property
    def version(self) -> tuple[int, datetime]:
        """What orders the versions of an event (RFC 5546, 2.1.5): SEQUENCE, then DTSTAMP."""
        return self.sequence, self.stamped_at or _LONG_AGO

    @property
    def cancels(self) -> bool:
        return self.method is Method.CANCEL or self.status == "cancelled"

    def placed_in(self, place: ZoneInfo) -> CalendarEvent:
        """Returns the event with times that were written without a zone (or as days) taken as those of a place."""
        if not self.floating or self.starts_at is None:
            return self
        ends_at = local_instant(self.ends_at, place) if self.ends_at else None
        return replace(
            self,
            starts_at=local_instant(self.starts_at, place),
            ends_at=ends_at,
            time_zone=place.key,
            floating=False,
        )

    def is_replaced_by(self, other: CalendarEvent) -> bool:
        """Tells whether another version says what holds instead of this one (RFC 5546, 2.1.5).

        The organiser's next version replaces everything; an answer or a counter is replaced by a later one of its kind.
        """
        if other.method in _ORGANISERS:
            return other.version > self.version if self.method in _ORGANISERS else other.sequence > self.sequence
        return other.method is self.method and other.version > self.version

    @property
    def answer(self) -> str:
        """What the one attendee of a REPLY says: accepted, declined, tentative or delegated."""
        return self.attendees[0].answer if self.method is Method.REPLY and self.attendees else ""


def next_step(event: CalendarEvent, known: Mapping[str, Any] | None) -> Step:
    """Returns what one click does with the newest version of an event, where `known` is its appointment.

    `known` has starts_at, ends_at, title, location and state, as the table of appointments keeps them.
    """
    open_ = known is not None and known["state"] in ("booked", "confirmed")
    if event.cancels or event.answer == "declined":
        return Step.CANCEL if open_ else Step.NOTHING
    if event.method is Method.REPLY:
        waits = known is not None and known["state"] == "booked"
        return Step.CONFIRM if waits and event.answer == "accepted" else Step.NOTHING
    if event.starts_at is None or event.method in (Method.REFRESH, Method.DECLINE_COUNTER):
        return Step.NOTHING
    if known is None:
        return Step.BOOK
    if known["state"] in ("attended", "missed"):
        return Step.NOTHING
    same = (known["starts_at"], known["ends_at"]) == (event.starts_at, event.ends_at)
    if event.method is not Method.COUNTER:
        same = same and (known["title"], known["location"]) == (event.title or known["title"], event.location)
    return Step.NOTHING if same and known["state"] != "cancelled" else Step.CHANGE


def as_json(event: CalendarEvent) -> dict[str, Any]:
    """Returns an event as values JSON can hold; what is empty is left out."""
    return {name: value for name, value in _plain(asdict(event)).items() if value}


def from_json(kept: Mapping[str, Any]) -> CalendarEvent:
    """Returns the event that `as_json` wrote."""
    values: dict[str, Any] = {**kept, "method": Method(kept["method"])}
    for name in ("stamped_at", "starts_at", "ends_at"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "organiser" in values:
        values["organiser"] = _of(Attendee, values["organiser"])
    values["attendees"] = tuple(_of(Attendee, each) for each in values.get("attendees", ()))
    if "repeats" in values:
        repeats = values["repeats"]
        lists = {name: tuple(repeats[name]) for name in ("weekdays", "month_days") if name in repeats}
        values["repeats"] = _of(Recurrence, {**repeats, **lists})
    made: CalendarEvent = _of(CalendarEvent, values)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: plain for name, inner in value.items() if (plain := _plain(inner))}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, Method) else value


def _of(kind: type[Any], values: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in known})
