"""What a roster's definition may say: read from JSON or from what staff typed, and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from hub.model.call_flow_fields import listed, only
from hub.model.errors import Refused
from hub.model.identity import phone_identity
from hub.model.local_time import zone
from hub.model.opening_hours import WEEKDAYS, Span, spans_as_text
from hub.model.roster import OnCall, Roster, Shift

MOST_PEOPLE = 50
_MOST_SHIFTS = 200
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|24:00)\Z")
_SHIFT = {"days", "hours", "people"}


def read_roster(definition: Mapping[str, Any], region: str = "") -> Roster:
    """Reads a definition; numbers are written in E.164, or as in `region`. Raises Refused naming the field."""
    only(definition, Roster.__dataclass_fields__, "")
    title = " ".join(str(definition.get("title", "")).split())
    if not 1 <= len(title) <= 200:
        raise Refused("A roster needs a title of at most 200 letters.", field="title")
    time_zone = str(definition.get("time_zone", ""))
    if time_zone:
        zone(time_zone)
    given = listed(definition, "people", "")
    if not 1 <= len(given) <= MOST_PEOPLE:
        raise Refused(f"A roster names 1 to {MOST_PEOPLE} people.", field="people")
    people = tuple(_person(each, region) for each in given)
    names = {each.name for each in people}
    if len(names) < len(people):
        raise Refused("Two people of the roster have the same name.", field="people")
    week = tuple(_shift(each, names, "week", weekly=True) for each in _shifts(definition, "week"))
    days = definition.get("days") or {}
    if not isinstance(days, Mapping) or len(days) > _MOST_SHIFTS:
        raise Refused(f"Days are at most {_MOST_SHIFTS} dates, each with its shifts.", field="days")
    for day in days:
        _check_date(str(day))
    return Roster(
        title=title,
        time_zone=time_zone,
        people=people,
        week=week,
        days={
            str(day): tuple(_shift(each, names, "days", weekly=False) for each in _shifts(days, day))
            for day in sorted(days)
        },
    )


def roster_as_json(roster: Roster) -> dict[str, Any]:
    """Returns the definition as it is stored."""
    return {
        "title": roster.title,
        **({"time_zone": roster.time_zone} if roster.time_zone else {}),
        "people": [{"name": each.name, "number": each.number} for each in roster.people],
        **({"week": [{"days": list(each.days), **_told(each)} for each in roster.week]} if roster.week else {}),
        **(
            {"days": {day: [_told(each) for each in shifts] for day, shifts in roster.days.items()}}
            if roster.days
            else {}
        ),
    }


def _told(shift: Shift) -> dict[str, Any]:
    return {"hours": spans_as_text([shift.span])[0], "people": list(shift.people)}


def _shifts(given: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = listed(given, name, "" if name == "week" else "days")
    if len(found) > _MOST_SHIFTS:
        raise Refused(f"A roster has at most {_MOST_SHIFTS} shifts.", field=name)
    return found


def _person(given: Any, region: str) -> OnCall:
    if not isinstance(given, Mapping) or set(given) != {"name", "number"}:
        raise Refused("Each of the people has a name and a number.", field="people")
    name, written = " ".join(str(given["name"]).split()), str(given["number"])
    if not 1 <= len(name) <= 80 or "," in name:
        raise Refused("Each of the people has a name, of at most 80 letters and without a comma.", field="people")
    identity = phone_identity(written, region)
    if identity is None:
        raise Refused(
            f"{written!r} of {name} is no phone number.", field="people", next_step="Write it as +1 415 555 0101."
        )
    return OnCall(name=name, number=identity.value)


def _shift(given: Any, names: set[str], where: str, *, weekly: bool) -> Shift:
    if not isinstance(given, Mapping) or set(given) != (_SHIFT if weekly else _SHIFT - {"days"}):
        raise Refused("A shift has its days, its hours and its people.", field=where)
    days = tuple(str(day) for day in listed(given, "days", where))
    if weekly and (not days or not set(days) <= set(WEEKDAYS)):
        raise Refused(f"The days of a shift are some of {', '.join(WEEKDAYS)}.", field=where)
    people = tuple(str(name) for name in listed(given, "people", where))
    if not people:
        raise Refused("A shift names somebody.", field=where)
    if unknown := [name for name in people if name not in names]:
        raise Refused(f"{unknown[0]!r} is none of the roster's people.", field=where)
    return Shift(days=days, span=_span(str(given["hours"]), where), people=people)


def _span(written: str, where: str) -> Span:
    told = _HOURS.match(written.strip())
    begin = time(int(told[1]), int(told[2])) if told else time()
    end = time(int(told[3]), int(told[4])) if told and told[3] else None
    if told is None or (end is not None and end <= begin):
        raise Refused(
            f"{written!r} are no hours of a shift.",
            field=where,
            next_step="Write them as 09:00-17:30; past midnight until 24:00, and from 00:00 on the next day.",
        )
    return begin, end


def _check_date(written: str) -> None:
    try:
        date.fromisoformat(written)
    except ValueError:
        raise Refused(f"{written!r} is no date.", field="days", next_step="Write it as 2026-12-24.") from None
