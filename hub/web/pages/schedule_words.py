"""When a campaign runs, in the reader's language, in whatever language it was written."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, time

from babel.dates import format_datetime, format_skeleton, format_time, get_day_names
from babel.lists import format_list

from hub.model.cron import WEEKDAYS, Cron
from hub.model.schedule import Clock, Schedule
from hub.web import i18n
from hub.web.i18n import _

_LEAP_YEAR = 2024
_DAYS_OF_A_MONTH, _MONTHS = 31, 12


def schedule_words(schedule: Schedule) -> str:
    """Returns when a campaign runs, in the reader's language."""
    if schedule.is_now:
        return _("at once")
    own = schedule.clock is Clock.BUSINESS
    at = _at(schedule)
    if schedule.best is not None:
        words = _("at each recipient’s best hour from %(first)s:00 to %(end)s:00; where it is not known: %(at)s")
        return words % {"first": schedule.best.first, "end": schedule.best.end, "at": at}
    return _("%s, on our clock") % at if own else _("%s, on each recipient’s own clock") % at


def _at(schedule: Schedule) -> str:
    if schedule.at is not None:
        return str(format_datetime(schedule.at, "medium", locale=i18n.locale()))
    return _comes_round(schedule.cron) if schedule.cron is not None else ""


def _comes_round(cron: Cron) -> str:
    """Returns it by its days; what no such sentence says whole stays as it was written."""
    locale = i18n.locale()
    clocks = [format_time(time(hour, cron.minute), "short", locale=locale) for hour in cron.hours]
    told = {"time": format_list(clocks, locale=locale)}
    weekly, all_days = len(cron.weekdays) < len(WEEKDAYS), len(cron.days) == _DAYS_OF_A_MONTH
    names = get_day_names("wide", locale=locale)
    if len(cron.months) < _MONTHS:
        return _of_a_year(cron, told["time"]) if not weekly and not all_days and not cron.last else cron.text
    if cron.nth:
        return _nth_words(cron.nth) % {**told, "day": names[min(cron.weekdays)]}
    if cron.last:
        return _("on the last day of every month at %(time)s") % told if not weekly and all_days else cron.text
    if all_days and not weekly:
        return _("every day at %s") % told["time"]
    if all_days:
        days = ", ".join(names[day] for day in sorted(cron.weekdays))
        return _("every week on %(days)s at %(time)s") % {**told, "days": days}
    if weekly:
        return cron.text
    days = format_list([str(day) for day in sorted(cron.days)], locale=locale)
    if len(cron.days) == 1:
        return _("every month on day %(day)s at %(time)s") % {**told, "day": days}
    return _("every month on the days %(days)s at %(time)s") % {**told, "days": days}


def _of_a_year(cron: Cron, clock: str) -> str:
    locale = i18n.locale()
    days = [
        format_skeleton("MMMMd", date(_LEAP_YEAR, month, day), locale=locale)
        for month in sorted(cron.months)
        for day in sorted(cron.days)
        if day <= monthrange(_LEAP_YEAR, month)[1]
    ]
    return _("every year on %(days)s at %(time)s") % {"days": format_list(days, locale=locale), "time": clock}


def _nth_words(nth: int) -> str:
    return {
        1: _("every first %(day)s of a month at %(time)s"),
        2: _("every second %(day)s of a month at %(time)s"),
        3: _("every third %(day)s of a month at %(time)s"),
        4: _("every fourth %(day)s of a month at %(time)s"),
    }.get(nth, _("every last %(day)s of a month at %(time)s"))
