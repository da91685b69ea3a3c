"""Values: plain copies of what a template may show, in the reader's language and the appointment's own time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_time

from hub.model.errors import Refused
from hub.model.first_name import first_name
from hub.model.local_time import zone
from hub.outreach.house import House
from hub.outreach.rendering.filters import locale, plain_spaces
from hub.outreach.rendering.record_values import record_values

_LONGEST = 2000
EQUIPMENT = (
    "name", "model", "serial", "location", "unit", "reading", "installed_on", "warranty_until", "last_service_on",
    "next_service_on",
)  # fmt: skip
_MOST = 200


def values(
    *,
    customer: Mapping[str, Any],
    house: House,
    language: str,
    lane: str = "",
    appointment: Mapping[str, Any] | None = None,
    equipment: Mapping[str, Any] | None = None,
    staff: Mapping[str, Any] | None = None,
    campaign: Mapping[str, Any] | None = None,
    answered: Mapping[str, Any] | None = None,
    records: Mapping[str, Mapping[str, Any]] | None = None,
    unsubscribe_url: str = "",
    answer_url: str = "",
) -> dict[str, Any]:
    """Returns what a template is filled in with; `customer`, `appointment` and `equipment`: rows of their
    tables.

    `campaign`: its title and variables. `answered`: the subject of the mail that is acknowledged, and when we open
    again (`opens_at`, ISO 8601 on our clock). `records`: what the message is about besides, by the name that templates
    use. `unsubscribe_url`, `answer_url`: the message's own; empty: that of a preview.
    """
    answers_to = house.lanes[lane].answers_to if lane in house.lanes else ""
    return {
        "language": language,
        "customer": _customer(customer),
        "business": {
            "name": house.business_name,
            "email": answers_to if "@" in answers_to else "",
            "phone": "" if "@" in answers_to else answers_to,
            "url": house.public_url,
        },
        "staff": {
            "name": plain(staff["display_name"]) if staff else "",
            "signature": plain(staff["signature"]) if staff else "",
        },
        "appointment": _appointment(appointment, customer, language) | {"answer_url": answer_url or house.answer_url()}
        if appointment
        else {},
        "answered": _answered(answered or {}, language),
        "equipment": _equipment(equipment or {}),
        **record_values(records or {}, language, house.time_zone),
        "campaign": plain(campaign or {}),
        "unsubscribe_url": unsubscribe_url or house.unsubscribe_url(),
    }


def own_values(
    customer: Mapping[str, Any],
    house: House,
    language: str,
    records: Mapping[str, Mapping[str, Any]],
    unsubscribe_url: str,
) -> dict[str, Any]:
    """Returns of `values` what differs between the messages of a run, and the records that there are."""
    told = record_values(records, language, house.time_zone) if records else {}
    return {**told, "customer": _customer(customer), "unsubscribe_url": unsubscribe_url}


def _customer(row: Mapping[str, Any]) -> dict[str, Any]:
    name = plain(row["display_name"])
    return {
        "name": name,
        "first_name": first_name(name),
        "language": plain(row["language"]),
        "country": plain(row["country"]),
        "birthday": row["birthday"] or "",
        "facts": plain(row["facts"]) if row["facts"] else {},
    }


def _answered(given: Mapping[str, Any], language: str) -> dict[str, Any]:
    shown = {"subject": plain(given.get("subject", "")), "opens": "", "opens_day": "", "opens_time": ""}
    if not given.get("opens_at"):
        return shown
    opens, spoken = datetime.fromisoformat(given["opens_at"]), locale(language)
    day = plain_spaces(format_date(opens, "full", spoken))
    time = plain_spaces(format_time(opens, "short", locale=spoken))
    return {**shown, "opens": f"{day} {time}", "opens_day": day, "opens_time": time}


def _appointment(row: Mapping[str, Any], customer: Mapping[str, Any], language: str) -> dict[str, Any]:
    place = zone(row["time_zone"])
    starts = row["starts_at"].astimezone(place)
    spoken = locale(language)
    return {
        "title": plain(row["title"]),
        "location": plain(row["location"]),
        "starts_at": starts,
        "date": plain_spaces(format_date(starts, "full", spoken)),
        "weekday": format_date(starts, "EEEE", spoken),
        "time": plain_spaces(format_time(starts, "short", locale=spoken)),
        "ends": plain_spaces(format_time(row["ends_at"].astimezone(place), "short", locale=spoken))
        if row["ends_at"]
        else "",
        "zone": row["time_zone"],
        "your_time": _their_time(starts, customer["time_zone"], language),
    }


def _equipment(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a thing of the customer's; every field is there and empty where nothing is known."""
    reading = row.get("reading")
    return {
        **{name: plain(row.get(name)) for name in EQUIPMENT},
        # Adding nothing writes the zeros out: 1000, not 1E+3.
        "reading": reading.normalize() + 0 if reading is not None else "",
    }


def _their_time(starts: datetime, time_zone: str, language: str) -> str:
    """Returns the time on the customer's own clock, where it differs from that of the appointment's place."""
    if not time_zone:
        return ""
    try:
        theirs = starts.astimezone(zone(time_zone))
    except Refused:
        return ""
    if theirs.utcoffset() == starts.utcoffset():
        return ""
    shown = plain_spaces(format_time(theirs, "short", locale=locale(language)))
    if theirs.date() != starts.date():
        return f"{plain_spaces(format_date(theirs, 'medium', locale(language)))} {shown}"
    return shown


def plain(value: Any) -> Any:
    """Returns a copy made of text, numbers, dates, lists and mappings only, bounded in size."""
    match value:
        case None:
            return ""
        case str():
            return value[:_LONGEST]
        case bool() | int() | Decimal() | date():
            return value
        case float():
            return Decimal(str(value))
        case Mapping():
            return {str(key): plain(one) for key, one in list(value.items())[:_MOST]}
        case list() | tuple():
            return [plain(one) for one in value[:_MOST]]
    return str(value)[:_LONGEST]
