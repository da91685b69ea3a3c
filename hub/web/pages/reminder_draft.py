"""A reminder rule as its page holds it: spans in the unit that people would say, the hour as a clock shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.model.errors import Refused
from hub.model.local_time import MINUTES_A_DAY
from hub.store import reminders
from hub.web.i18n import _
from hub.web.pages.fields import Form, text_of

UNITS = {"minutes": 1, "hours": 60, "days": MINUTES_A_DAY}
_LARGEST = 10_000_000
_BEST = (8, 20)
_HOURS = {"best_from": str(_BEST[0]), "best_until": str(_BEST[1])}
_FIRST = {"minutes_before": MINUTES_A_DAY, "lead_minutes": 60, "at_minute": reminders.NINE_O_CLOCK}

Draft = dict[str, Any]


def new_draft(about: str) -> Draft:
    """Returns the page of a rule that is still to be made."""
    before = -MINUTES_A_DAY if about in reminders.AFTERWARDS else MINUTES_A_DAY
    return draft_of({**_FIRST, "about": about, "minutes_before": before})


def draft_of(rule: Mapping[str, Any]) -> Draft:
    """Returns the page of a rule."""
    count, unit = _said(abs(rule["minutes_before"]), days=rule["about"] in reminders.OF_A_DAY)
    lead, lead_unit = _said(rule["lead_minutes"])
    hour, minute = divmod(rule["at_minute"], 60)
    named = {name: rule.get(name, "") for name in ("name", "channel", "next_channel", "template")}
    best = rule.get("best_hours") or []
    return {
        **named,
        "or_by": next(iter(rule.get("best_of") or ()), ""),
        "about": rule["about"],
        "best": bool(best),
        "best_from": str(best[0] if best else _BEST[0]),
        "best_until": str(best[1] if best else _BEST[1]),
        "count": str(count),
        "unit": unit,
        "lead": str(lead),
        "lead_unit": lead_unit,
        "at": f"{hour:02d}:{minute:02d}",
    }


def posted_draft(posted: Form, about: str) -> Draft:
    """Returns the page as it was sent."""
    names = ("name", "channel", "next_channel", "or_by", "template", "count", "unit", "lead", "lead_unit", "at")
    told = {name: text_of(posted, name).strip() for name in names}
    hours = {name: text_of(posted, name).strip() or fallback for name, fallback in _HOURS.items()}
    return {**told, **hours, "best": bool(text_of(posted, "best")), "about": about}


def rule_of(draft: Draft) -> dict[str, Any]:
    """Returns the rule that a page says, without what it is about. Raises Refused naming the field."""
    about = draft["about"]
    named: dict[str, Any] = {name: draft[name][:200] for name in ("name", "channel", "next_channel", "template")}
    named["best_of"] = [draft["or_by"][:200]] if draft["or_by"] else []
    if not named["template"]:
        raise Refused(_("Choose what it says."), field="template")
    if about in reminders.OF_A_DAY:
        days = _number(draft["count"], "count") * MINUTES_A_DAY
        before = -days if about in reminders.AFTERWARDS else days
        hours = [_number(draft[name], "best_hours") for name in _HOURS] if draft["best"] else []
        return {**named, "minutes_before": before, "at_minute": _minute_of_day(draft["at"]), "best_hours": hours}
    before = _number(draft["count"], "count") * UNITS.get(draft["unit"], 1)
    lead = _number(draft["lead"], "lead") * UNITS.get(draft["lead_unit"], 1)
    return {**named, "minutes_before": before, "lead_minutes": lead}


def _said(minutes: int, *, days: bool = False) -> tuple[int, str]:
    """Returns a span as people say it: in days from two on, in hours where it is whole ones."""
    if days or (minutes and minutes % MINUTES_A_DAY == 0 and minutes > MINUTES_A_DAY):
        return minutes // MINUTES_A_DAY, "days"
    return (minutes // 60, "hours") if minutes and minutes % 60 == 0 else (minutes, "minutes")


def _number(written: str, field: str) -> int:
    if not (written.isascii() and written.isdecimal()) or int(written[:9]) > _LARGEST:
        raise Refused(_("Write a whole number."), field=field)
    return int(written[:9])


def _minute_of_day(written: str) -> int:
    hour, colon, minute = written.partition(":")
    known = bool(colon) and all(part.isascii() and part.isdecimal() and len(part) <= 2 for part in (hour, minute))
    if not known or int(hour) > 23 or int(minute) > 59:
        raise Refused(_("Write the hour as 09:30."), field="at")
    return int(hour) * 60 + int(minute)
