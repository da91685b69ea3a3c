"""Reminder rules as a file: `reminders.toml`, one [[reminder]] each, named for ever by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.desk.configuration.files import Files
from hub.desk.configuration.kind import CHANNEL, Content, Found, Kind, Reading, Reference, toml
from hub.desk.configuration.toml_text import write_toml
from hub.model.errors import HubError, Refused
from hub.model.habits import read_best_hours, read_best_of
from hub.store import reminders as store

FILE = "reminders.toml"
_NEEDED = ("name", "about", "channel", "template")
_MINUTES = {"min": 1, "h": 60, "d": 1440}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\Z")
_SPAN = re.compile(r"(\d{1,6}) ?(min|h|d)\Z")


class Reminders(Kind):
    """All rules in one file, the earliest before the event first."""

    name = "reminder"

    def owns(self, path: str) -> bool:
        return path == FILE

    def read(self, files: Files, into: Reading) -> None:
        data = toml(files, FILE, into) if FILE in files else None
        if data is None:
            return
        for at, rule in enumerate(data.pop("reminder", [])):
            try:
                content = _content(rule)
                store.check_rule(_row(rule["name"], content))
            except HubError as error:
                into.refuse(FILE, error, f"reminder.{at}{_field(error)}")
            else:
                into.add(self, rule["name"], Found(FILE, content))
        for unknown in data:
            into.refuse(FILE, Refused("Only [[reminder]] stands here.", field=unknown))

    def write(self, things: Mapping[str, Content]) -> dict[str, str]:
        rules = [{"name": name, **content} for name, content in things.items()]
        return {FILE: write_toml({"reminder": rules})} if rules else {}

    def stored(self, conn: Connection) -> dict[str, Content]:
        earliest_first = sorted(store.rules(conn), key=lambda rule: (-rule["minutes_before"], rule["name"]))
        return {rule["name"]: _told(rule) for rule in earliest_first}

    def save(self, conn: Connection, key: str, content: Content, by: str, now: datetime) -> None:
        row = _row(key, content)
        known = next((rule for rule in store.rules(conn) if rule["name"] == key), None)
        if known is None:
            store.add_rule(conn, now=now, **row)
        else:
            store.change_rule(conn, known["id"], {name: value for name, value in row.items() if name != "about"})

    def retire(self, conn: Connection, key: str, by: str, now: datetime) -> bool:
        for rule in store.rules(conn):
            if rule["name"] == key:
                store.remove_rule(conn, rule["id"])
                return True
        return False

    def references(self, key: str, content: Content) -> Iterable[Reference]:
        return [
            Reference(CHANNEL, content["channel"], f"{key!r} channel"),
            *([Reference(CHANNEL, content["then"], f"{key!r} then")] if content.get("then") else []),
            *(Reference(CHANNEL, one, f"{key!r} best_of") for one in content.get("best_of", ())),
            Reference("template", content["template"], f"{key!r} template"),
        ]


def _content(rule: Any) -> Content:
    if not isinstance(rule, Mapping):
        raise Refused("A reminder is a table: write [[reminder]].")
    for name in _NEEDED:
        if not isinstance(rule.get(name), str):
            raise Refused(f"A reminder needs {name}, as text.", field=name)
    enabled = rule.get("enabled", True)
    if not isinstance(enabled, bool):
        raise Refused("enabled is true or false.", field="enabled")
    # What is about a day goes out at an hour of it; anything else with some lead before its own.
    span = _span_name(rule["about"])
    if not isinstance(rule.get(span), str):
        raise Refused(f"A reminder about {rule['about'][:40]} needs {span}, as text.", field=span)
    own = "at" if rule["about"] in store.OF_A_DAY else "lead"
    if not isinstance(rule.get(own), str):
        raise Refused(f"A reminder about {rule['about'][:40]} needs {own}, as text.", field=own)
    if not isinstance(rule.get("then", ""), str):
        raise Refused("then is the name of a channel, as text.", field="then")
    best = {"best_hours"} if own == "at" else set()
    if unknown := sorted(set(rule) - {*_NEEDED, span, own, "then", "best_of", "enabled", *best}):
        raise Refused(f"A reminder about {rule['about'][:40]} has no {unknown[0]!r}.", field=unknown[0])
    spans = {
        span: _span(_minutes(rule[span], span)),
        own: _hour(_minute_of_day(rule[own])) if own == "at" else _span(_minutes(rule[own], own)),
    }
    kept: dict[str, Any] = {
        name: spans.get(name, rule.get(name)) for name in ("about", span, own, "channel", "template")
    }
    kept |= {"then": rule["then"]} if rule.get("then") else {}
    others = read_best_of(rule.get("best_of"), rule["channel"], "best_of")
    kept |= {"best_of": list(others)} if others else {}
    hours = read_best_hours(rule.get("best_hours"), "best_hours")
    kept |= {"best_hours": hours.as_json()} if hours else {}
    return kept if enabled else {**kept, "enabled": False}


def _told(row: Mapping[str, Any]) -> Content:
    told = {
        "about": row["about"],
        _span_name(row["about"]): _span(abs(row["minutes_before"])),
        **({"at": _hour(row["at_minute"])} if row["about"] in store.OF_A_DAY else {"lead": _span(row["lead_minutes"])}),
        "channel": row["channel"],
        "template": row["template"],
        **({"then": row["next_channel"]} if row["next_channel"] else {}),
        **({"best_of": row["best_of"]} if row["best_of"] else {}),
        **({"best_hours": row["best_hours"]} if row["best_hours"] else {}),
    }
    return told if row["enabled"] else {**told, "enabled": False}


def _row(name: str, content: Content) -> dict[str, Any]:
    return {
        "name": name,
        "about": content["about"],
        "minutes_before": _before(content),
        "lead_minutes": _minutes(content.get("lead", "0 min"), "lead"),
        "at_minute": _minute_of_day(content["at"]) if "at" in content else store.NINE_O_CLOCK,
        "channel": content["channel"],
        "next_channel": content.get("then", ""),
        "best_of": content.get("best_of", []),
        "best_hours": content.get("best_hours", []),
        "template": content["template"],
        "enabled": content.get("enabled", True),
    }


def _span_name(about: str) -> str:
    return "after" if about in store.AFTERWARDS else "before"


def _before(content: Content) -> int:
    """Returns how long before; what goes out afterwards is below nought."""
    if "after" in content:
        return -_minutes(content["after"], "after")
    return _minutes(content["before"], "before")


def _minutes(span: str, name: str) -> int:
    found = _SPAN.match(span)
    if not found:
        raise Refused(f"{span!r} is no span of time.", field=name, next_step="Write it as 30 min, 2 h or 1 d.")
    return int(found[1]) * _MINUTES[found[2]]


def _span(minutes: int) -> str:
    """Writes a span in the largest unit that holds it whole; a day is written as 24 h, as people say."""
    if minutes % 60 or not minutes:
        return f"{minutes} min"
    return f"{minutes // 1440} d" if minutes % 1440 == 0 and minutes > 1440 else f"{minutes // 60} h"


def _minute_of_day(text: str) -> int:
    found = _CLOCK.match(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise Refused(f"{text!r} is no time of day.", field="at", next_step="Write it as 09:00.")
    return int(found[1]) * 60 + int(found[2])


def _hour(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _field(error: HubError) -> str:
    field = getattr(error, "field", "")
    return f".{field}" if field else ""
