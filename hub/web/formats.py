"""Filters of the templates: times, ages, money and sizes as their reader writes them."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from babel.core import Locale
from markupsafe import Markup

from hub.web.i18n import _

_KIB = 1000
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes a page is for."""

    zone: ZoneInfo
    now: datetime
    language: str


_reader: ContextVar[Reader] = ContextVar("reader")


def use(reader: Reader) -> None:
    """Makes the filters write for this reader, until the next."""
    _reader.set(reader)


def reader() -> Reader:
    """Returns whose eyes the page at hand is for."""
    return _reader.get()


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Returns a time zone by its name; an unknown one is UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(at: datetime | None, format: str = "short") -> str:  # noqa: A002  # Babel's own word
    """Writes date and time: `short`, `medium`, `long`, `full`."""
    return dates.format_datetime(at, format, tzinfo=_reader.get().zone, locale=_locale()) if at else ""


def day(at: date | None, format: str = "full") -> str:  # noqa: A002  # Babel's own word
    """Writes the day of an instant where the reader is, or a day as it is: "Monday, 2 March 2026"."""
    local = at.astimezone(_reader.get().zone) if isinstance(at, datetime) else at
    return dates.format_date(local, format, locale=_locale()) if local else ""


def clock(at: datetime | None) -> str:
    """Writes the time of day."""
    return dates.format_time(at, "short", tzinfo=_reader.get().zone, locale=_locale()) if at else ""


def age(at: datetime | None) -> Markup:
    """Writes how long ago or until, as a `<time>` whose title is the whole time; below a minute it is "now"."""
    if at is None:
        return Markup("")
    span = at - _reader.get().now
    words = (
        dates.format_timedelta(span, add_direction=True, format="short", locale=_locale())
        if abs(span.total_seconds()) >= _MINUTE
        else _("now")
    )
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), moment(at, "long"), words)


def iso(at: datetime | None) -> str:
    """Writes a time for machines: ISO 8601, UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def local_input(at: datetime | None) -> str:
    """Writes a time for `<input type="datetime-local">`, in the reader's zone."""
    return at.astimezone(_reader.get().zone).strftime("%Y-%m-%dT%H:%M") if at else ""


def money(minor: int | None, currency: str) -> str:
    """Writes an amount given in the smallest unit of its currency (ISO 4217: cents, or whole yen)."""
    if minor is None:
        return ""
    amount = Decimal(minor).scaleb(-numbers.get_currency_precision(currency))
    return numbers.format_currency(amount, currency, locale=_locale())


def amount(value: Decimal | None, currency: str) -> str:
    """Writes an amount of money given in whole units of its currency."""
    return numbers.format_currency(value, currency, locale=_locale()) if value is not None else ""


def number(value: int | float | Decimal | None) -> str:
    """Writes a number."""
    return numbers.format_decimal(value, locale=_locale()) if value is not None else ""


def filesize(size: int | None) -> str:
    """Writes a number of bytes in kB or MB of 10^3 and 10^6."""
    if size is None:
        return ""
    if size < _KIB:
        return f"{number(size)} B"
    if size < _KIB**2:
        return f"{number(round(size / _KIB))} kB"
    return f"{number(round(size / _KIB**2, 1))} MB"


def duration(seconds: float | None) -> str:
    """Writes how long a call or recording lasts: 0:42, 12:05, 1:02:03."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


FILTERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (moment, day, clock, age, iso, local_input, money, amount, number, filesize, duration)
}


def _locale() -> Locale:
    return _named(_reader.get().language)


@lru_cache(maxsize=16)
def _named(language: str) -> Locale:
    return Locale.parse(language)
