"""Cron: when something comes round again, in words (`every monday at 9:00`) or in the five fields of cron."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from hub.model.errors import Refused
from hub.model.plain_schedule import Said, read_plainly

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = {
    **{"monday": "mon", "tuesday": "tue", "wednesday": "wed", "thursday": "thu"},
    **{"friday": "fri", "saturday": "sat", "sunday": "sun"},
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ALL_DAYS, _ALL_MONTHS, _ALL_WEEKDAYS = frozenset(range(1, 32)), frozenset(range(1, 13)), frozenset(range(7))
_A_DAY = timedelta(days=1)
# 29 February on a given weekday comes round every 28 years, over a century's turn every 40.
_LONGEST = 41 * 366
_HELP = (
    'Write it as "every monday at 9:00", "every first monday at 9:00", "on the 1st of every month at 10:00", '
    '"on the last day of the month at 9", or as cron: "0 9 * * mon".'
)


@dataclass(frozen=True, slots=True)
class Cron:
    """Times that come round: minute of the hour, hours, days of the month, months, weekdays (0 = Monday).

    A day counts only where day, month and weekday all fit. `text`: as it was written; `last`: of those days, only the
    last seven of a month for a weekday, the last one for any.
    """

    minute: int
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    text: str
    last: bool = False

    @property
    def nth(self) -> int:
        """Which of its weekday in a month: 1 to 4, -1 for the last, 0 where that is not what it says."""
        if len(self.weekdays) != 1 or len(self.months) != 12:
            return 0
        if self.last:
            return -1
        return next((nth for nth in range(1, 5) if self.days == _seven(nth)), 0)

    def _counts(self, day: date) -> bool:
        if self.last:
            span = 7 if len(self.weekdays) < 7 else 1
            if day.day <= monthrange(day.year, day.month)[1] - span:
                return False
        return day.day in self.days and day.month in self.months and day.weekday() in self.weekdays

    def walls(self, start: date) -> Iterator[datetime]:
        """Yields the wall-clock times (naive) from a day on, in order."""
        for number in range(_LONGEST):
            day = start + number * _A_DAY
            if self._counts(day):
                for hour in self.hours:
                    yield datetime.combine(day, time(hour, self.minute))


def read_cron(text: str) -> Cron:
    """Reads words or five fields. Raises Refused; weekdays have names, since programs disagree on their numbers."""
    if (said := read_plainly(text)) is not None:
        return _in_words(text, said)
    fields = text.lower().split()
    if len(fields) != 5:
        raise _refused(f"{text[:60]!r} is no time that comes round.")
    minute, hours, days, months, weekdays = fields
    if not minute.isdecimal() or int(minute) > 59:
        raise _refused("The minute is one number from 0 to 59: nobody is written to more often than every hour.")
    return _cron(
        text,
        (int(minute), tuple(sorted(_numbers(hours, 0, 23, "hour")))),
        days=_numbers(days, 1, 31, "day of the month"),
        months=_numbers(months, 1, 12, "month", names=_MONTHS),
        weekdays=_weekdays(weekdays),
    )


def _cron(
    text: str,
    clock: tuple[int, tuple[int, ...]],
    *,
    days: frozenset[int] = _ALL_DAYS,
    months: frozenset[int] = _ALL_MONTHS,
    weekdays: frozenset[int] = _ALL_WEEKDAYS,
    last: bool = False,
) -> Cron:
    found = Cron(clock[0], clock[1], days, months, weekdays, " ".join(text.split()), last)
    # Any leap year and all 31 days: only a date that no year has yields nothing.
    if next(found.walls(date(2024, 1, 1)), None) is None:
        raise _refused(f"{text[:60]!r} never comes.")
    return found


def _seven(nth: int) -> frozenset[int]:
    return frozenset(range(7 * nth - 6, 7 * nth + 1))


def _in_words(text: str, said: Said) -> Cron:
    """Returns what was said in words. Raises Refused for a time or a day that there is none of."""
    for hour, minute in said.times:
        if hour > 23 or minute > 59:
            raise _refused(f"There is no {hour}:{minute:02} o'clock.")
    minutes = {minute for _, minute in said.times}
    if len(minutes) > 1:
        raise _refused("Several times of the day have the same minutes, as 9:00 and 17:00.")
    if any(not 1 <= day <= 31 for day in said.days):
        raise _refused(f"{max(said.days)} is no day of the month: it goes from 1 to 31.")
    return _cron(
        text,
        (minutes.pop(), tuple(sorted({hour for hour, _ in said.times}))),
        days=_seven(said.nth) if said.nth > 0 else frozenset(said.days) or _ALL_DAYS,
        months=frozenset(said.months) or _ALL_MONTHS,
        weekdays=frozenset(said.weekdays) or _ALL_WEEKDAYS,
        last=said.last_day or said.nth < 0,
    )


def _weekdays(field: str) -> frozenset[int]:
    if field == "*":
        return _ALL_WEEKDAYS
    found: set[int] = set()
    for part in field.split(","):
        first, dash, last = part.partition("-")
        start = _weekday(first)
        end = _weekday(last) if dash else start
        found |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
    return frozenset(found)


def _weekday(name: str) -> int:
    short = _LONG.get(name.removesuffix("s"), _LONG.get(name, name))
    if short in WEEKDAYS:
        return WEEKDAYS.index(short)
    if name.isdecimal():
        # crontab(5) counts from Sunday, APScheduler from Monday: a number would mean another day somewhere.
        raise _refused(f"The weekday {name} has no name: programs disagree on which day it is.")
    raise _refused(f"{name[:20]!r} is no weekday.")


def _numbers(field: str, least: int, most: int, what: str, names: Sequence[str] = ()) -> frozenset[int]:
    """Reads `*`, `1`, `1-5`, `1,15` and `*/6`; months by name too."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and 0 < int(step) <= most):
            raise _refused(f"{part[:20]!r} is no {what}.")
        if span == "*":
            start, end = least, most
        else:
            first, dash, last = span.partition("-")
            start = _number(first, names, what)
            end = _number(last, names, what) if dash else most if slash else start
        if not least <= start <= end <= most:
            raise _refused(f"{part[:20]!r} is no {what}: it goes from {least} to {most}.")
        found |= set(range(start, end + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(word: str, names: Sequence[str], what: str) -> int:
    if word[:3] in names and word.isalpha():
        return names.index(word[:3]) + 1
    if not word.isdecimal() or len(word) > 2:
        raise _refused(f"{word[:20]!r} is no {what}.")
    return int(word)


def _refused(message: str) -> Refused:
    return Refused(message, field="schedule.cron", next_step=_HELP)
