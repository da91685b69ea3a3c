"""Filters for invitations: when one takes place where its reader is and where the customer is, and how it repeats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates
from babel.lists import format_list

from hub.model.calendar_event import CalendarEvent, Recurrence
from hub.web import formats
from hub.web.i18n import N_, _, locale, ngettext

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PLACES = {
    1: N_("the first %(day)s"),
    2: N_("the second %(day)s"),
    3: N_("the third %(day)s"),
    4: N_("the fourth %(day)s"),
    5: N_("the fifth %(day)s"),
    -1: N_("the last %(day)s"),
}
_EVERY = {
    "day": N_("every day"),
    "week": N_("every week"),
    "month": N_("every month"),
    "year": N_("every year"),
    "hour": N_("every hour"),
    "minute": N_("every minute"),
    "second": N_("every second"),
}


def occasion(event: CalendarEvent) -> str:
    """Writes when an event takes place, where the reader is: "Thursday, 2 July 2026, 10:00–11:00"."""
    return _span(event, formats.reader().zone) if event.starts_at else ""


def elsewhere(event: CalendarEvent, customer_zone: str) -> str:
    """Writes the same where the customer is, or where the times were written; empty where clocks show the same."""
    place = formats.zone(customer_zone or event.time_zone)
    here = formats.reader().zone
    if event.starts_at is None or event.all_day or not (customer_zone or event.time_zone):
        return ""
    if event.starts_at.astimezone(place).utcoffset() == event.starts_at.astimezone(here).utcoffset():
        return ""
    there = event.starts_at.astimezone(place)
    name = dates.get_timezone_location(place, locale=locale(), return_city=True)
    if event.ends_at is None or event.ends_at.astimezone(place).date() != there.date():
        return f"{name}: {_span(event, place)}"
    clocks = f"{_clock(there)}–{_clock(event.ends_at.astimezone(place))}"
    return (
        f"{name}: {clocks}"
        if there.date() == event.starts_at.astimezone(here).date()
        else f"{name}: {_span(event, place)}"
    )


def _span(event: CalendarEvent, place: ZoneInfo) -> str:
    assert event.starts_at is not None
    start, end = event.starts_at.astimezone(place), event.ends_at.astimezone(place) if event.ends_at else None
    if event.all_day:
        last = end - timedelta(days=1) if end else start
        days = [_day(start)] if last.date() <= start.date() else [_day(start), _day(last)]
        return f"{' – '.join(days)}, {_('all day')}"
    begin = f"{_day(start)}, {_clock(start)}"
    if end is None:
        return begin
    return f"{begin}–{_clock(end)}" if end.date() == start.date() else f"{begin} – {_day(end)}, {_clock(end)}"


def _day(at: date) -> str:
    return dates.format_date(at, "full", locale=locale())


def _clock(at: datetime) -> str:
    return dates.format_time(at, "short", tzinfo=at.tzinfo, locale=locale())


def repeats(rule: Recurrence) -> str:
    """Says how an event repeats: "every 2 weeks, Tuesday and Thursday, until 1 September 2026"."""
    said = [_(_EVERY[rule.every]) if rule.interval == 1 else _interval(rule)]
    if rule.weekdays:
        said.append(format_list([_weekday(each) for each in rule.weekdays], locale=locale()))
    if rule.month_days:
        said.append(
            _("on day %(days)s") % {"days": format_list([str(day) for day in rule.month_days], locale=locale())}
        )
    if rule.count:
        said.append(ngettext("%(num)s time", "%(num)s times", rule.count) % {"num": rule.count})
    if rule.until:
        last = dates.format_date(date.fromisoformat(rule.until), "long", locale=locale())
        said.append(_("until %(day)s") % {"day": last})
    if rule.further:
        said.append(_("by a rule that its calendar knows"))
    return ", ".join(said)


def _interval(rule: Recurrence) -> str:
    number = rule.interval
    match rule.every:
        case "day":
            words = ngettext("every %(num)s day", "every %(num)s days", number)
        case "week":
            words = ngettext("every %(num)s week", "every %(num)s weeks", number)
        case "month":
            words = ngettext("every %(num)s month", "every %(num)s months", number)
        case "year":
            words = ngettext("every %(num)s year", "every %(num)s years", number)
        case _:
            return _(_EVERY[rule.every])
    return words % {"num": number}


def _weekday(written: str) -> str:
    """MO, 1MO or -1FR in words; what is no weekday stays as it is."""
    name, number = written[-2:], written[:-2]
    if name not in _DAYS:
        return written
    day = dates.get_day_names("wide", locale=locale())[_DAYS.index(name)]
    place = _PLACES.get(int(number)) if number.lstrip("+-").isdecimal() else None
    return _(place) % {"day": day} if place else day


FILTERS: dict[str, Callable[..., Any]] = {function.__name__: function for function in (occasion, elsewhere, repeats)}
