"""On-call rosters: named and kept by staff; what they are written as on a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.model.call_flow import WEEKDAYS
from hub.model.errors import Refused
from hub.model.roster import NAME
from hub.store import audit, call_flows, rosters
from hub.store.audit import Actor

_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
NOBODY = "nobody"


def save_roster(conn: Connection, name: str, definition: Mapping[str, Any], by: Actor, region: str) -> None:
    """Saves a roster; the next call rings by it. Raises Refused naming the field."""
    if not NAME.match(name):
        raise Refused("A name is made of letters, digits, - and _.", field="name", next_step="Write it as front_desk.")
    rosters.save(conn, name, definition, by.name, by.at, region)
    audit.note(conn, by, "roster.saved", f"roster/{name}")


def remove_roster(conn: Connection, name: str, by: Actor) -> None:
    """Removes a roster. Raises NotFound, and Refused while a call flow rings it."""
    if users := [row.name for row in call_flows.all_current(conn) if name in rung_by(row.definition)]:
        raise Refused(f"The call flow {users[0]} rings it.", next_step="Let it ring another roster first.")
    rosters.remove(conn, name)
    audit.note(conn, by, "roster.removed", f"roster/{name}")


def rung_by(definition: Mapping[str, Any]) -> set[str]:
    """Returns the rosters that a call flow rings."""
    return {str(step["roster"]) for step in definition.get("steps", {}).values() if step.get("roster")}


def typed(people: str, week: str, days: str) -> dict[str, Any]:
    """Reads what staff typed, a person, shift or date a line. Raises Refused naming the field.

    `Ada Lovelace +1 415 555 0101` / `mon-fri 09:00-17:00 Ada Lovelace, Bob` / `2026-12-24 09:00-12:00 Bob` (or nobody).
    """
    dates: dict[str, list[dict[str, Any]]] = {}
    for line in _lines(days):
        date, _space, rest = line.partition(" ")
        if not _DATE.match(date):
            raise Refused(f"{line!r} begins with no date.", field="days", next_step="Write it as 2026-12-24 nobody.")
        shifts = dates.setdefault(date, [])
        if rest.strip().lower() not in {"", NOBODY}:
            shifts.append(_hours(rest))
    return {
        "people": [_person(line) for line in _lines(people)],
        **({"week": [_weekly(line) for line in _lines(week)]} if _lines(week) else {}),
        **({"days": dates} if dates else {}),
    }


def as_typed(definition: Mapping[str, Any]) -> dict[str, str]:
    """Returns a definition as the lines that `typed` reads."""
    days = [
        f"{day} {shift['hours']} {', '.join(shift['people'])}" if shift else f"{day} {NOBODY}"
        for day, shifts in definition.get("days", {}).items()
        for shift in (shifts or [None])
    ]
    return {
        "people": "\n".join(f"{each['name']} {each['number']}" for each in definition.get("people", ())),
        "week": "\n".join(
            f"{_span(shift['days'])} {shift['hours']} {', '.join(shift['people'])}"
            for shift in definition.get("week", ())
        ),
        "days": "\n".join(days),
    }


def _lines(written: str) -> list[str]:
    return [" ".join(line.split()) for line in written.splitlines() if line.strip()]


def _person(line: str) -> dict[str, str]:
    told = re.match(r"(?P<name>.*?)[ ,:]+(?P<number>[+(]?\d[\d ()./-]*)\Z", line)
    if told is None:
        raise Refused(
            f"{line!r} has no name and number.",
            field="people",
            next_step="Write it as Ada +1 415 555 0101, one a line.",
        )
    return {"name": told["name"], "number": told["number"]}


def _weekly(line: str) -> dict[str, Any]:
    days, _space, rest = line.partition(" ")
    return {"days": _days(days), **_hours(rest)}


def _days(written: str) -> list[str]:
    found: list[str] = []
    for part in written.lower().split(","):
        first, _dash, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise Refused(
                f"{written!r} are no days of the week.", field="week", next_step="Write them as mon-fri or sat,sun."
            )
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found += WEEKDAYS[begin : end + 1] if begin <= end else (*WEEKDAYS[begin:], *WEEKDAYS[: end + 1])
    return list(dict.fromkeys(found))


def _span(days: Sequence[str]) -> str:
    numbers = [WEEKDAYS.index(day) for day in days]
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{days[0]}-{days[-1]}"
    return ",".join(days)


def _hours(written: str) -> dict[str, Any]:
    hours, _space, people = written.strip().partition(" ")
    return {"hours": hours, "people": [name.strip() for name in people.split(",") if name.strip()]}
