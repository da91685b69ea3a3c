"""Filters of templates: dates, numbers, money and plural forms as the reader's language writes them (CLDR)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, is_currency
from jinja2 import TemplateRuntimeError, Undefined, pass_context
from jinja2.runtime import Context

from hub.model.birthday import NO_YEAR

FORMS = frozenset({"short", "medium", "long", "full"})
# A power of ten that is written out has as many digits: one short text could fill the memory.
LARGEST = 10**15
_MOST_PLACES = 9
_ROUNDING = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}
_CURRENCY = re.compile(r"[A-Za-z]{3}\Z")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_FEWEST_FORMS = 2
_CATEGORIES = ("zero", "one", "two", "few", "many", "other")


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """Returns the locale of a language tag, that of its first part, or English."""
    for code in (language.replace("-", "_"), language[:2], "en"):
        try:
            return Locale.parse(code)
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("unreachable: English is always there")


def plain_spaces(text: str) -> str:
    """Returns a text with ordinary spaces: one narrow no-break space would double the price of a text (UCS-2)."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


@lru_cache(maxsize=64)
def plural_order(language: Locale) -> tuple[str, ...]:
    """Returns the plural categories that whole numbers have in a language, in CLDR's order."""
    used = {language.plural_form(number) for number in range(201)}
    return tuple(each for each in _CATEGORIES if each in used)


def _language(context: Context) -> Locale:
    language = context.get("language", "en")
    return locale(language if isinstance(language, str) else "en")


def _form(form: Any) -> Any:
    if form not in FORMS:
        raise TemplateRuntimeError(f"a date is written {', '.join(sorted(FORMS))}")
    return form


def _amount(value: Any) -> Decimal:
    """Returns a number, also one that is kept as text: 12.50. A missing value raises as everywhere."""
    text = str(value).strip()
    try:
        number = Decimal(text) if not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= LARGEST:
        raise TemplateRuntimeError(f"{text[:40]!r} is no number; one is written as 1234.50")
    return number


def _day(value: Any) -> Any:
    """Returns the day that a text names as 2026-03-05, which is how a fact keeps one; all else as it is."""
    if not isinstance(value, str) or not _ISO_DAY.match(value):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


@pass_context
def _date(context: Context, value: date | Undefined | str, form: str = "long") -> str:
    day = _day(value)
    if not isinstance(day, date):
        return str(day)
    if day.year == NO_YEAR:
        return plain_spaces(format_skeleton("MMMMd", day, locale=_language(context)))
    return plain_spaces(format_date(day, _form(form), _language(context)))


@pass_context
def _time(context: Context, value: datetime | time | str, form: str = "short") -> str:
    if not isinstance(value, datetime | time):
        return str(value)
    return plain_spaces(format_time(value, _form(form), locale=_language(context)))


@pass_context
def _datetime(context: Context, value: datetime | str, form: str = "long") -> str:
    if not isinstance(value, datetime):
        return str(value)
    return plain_spaces(format_datetime(value, _form(form), locale=_language(context)))


@pass_context
def _weekday(context: Context, value: date | str) -> str:
    day = _day(value)
    return format_date(day, "EEEE", _language(context)) if isinstance(day, date) else str(day)


@pass_context
def _money(context: Context, value: Decimal | int | str, currency: str) -> str:
    code = str(currency)
    if not _CURRENCY.match(code) or not is_currency(code.upper()):
        raise TemplateRuntimeError(f"{code[:20]!r} is no currency; one is written as EUR")
    return plain_spaces(format_currency(_amount(value), code.upper(), locale=_language(context)))


@pass_context
def _number(context: Context, value: Decimal | int | str) -> str:
    return plain_spaces(format_decimal(_amount(value), locale=_language(context)))


@pass_context
def _plural(context: Context, value: Decimal | int | str, *forms: str) -> str:
    """Returns the form that goes with a number: of one, of more, as many as the language has (CLDR), in that order.

    `3|plural('den', 'dny', 'dní')`. A fraction takes a form after those where one is given, else that of a few; where
    forms are missing, the last one stands for them.
    """
    if len(forms) < _FEWEST_FORMS:
        raise TemplateRuntimeError("plural needs the form of one and that of more, as plural('day', 'days')")
    language = _language(context)
    order, category = plural_order(language), language.plural_form(_amount(value))
    if category in order:
        place = order.index(category)
    else:
        place = order.index("few") if "few" in order and len(forms) <= len(order) else len(order)
    return str(forms[min(place, len(forms) - 1)])


def _round(value: Decimal | int | str, precision: int = 0, method: str = "common") -> Decimal:
    """Rounds as people do, halves up. Jinja's own raises 10 to any power that is asked for."""
    if not isinstance(precision, int) or abs(precision) > _MOST_PLACES:
        raise TemplateRuntimeError(f"a number is rounded to at most {_MOST_PLACES} places")
    if method not in _ROUNDING:
        raise TemplateRuntimeError(f"a number is rounded by {', '.join(_ROUNDING)}")
    step = Decimal(1).scaleb(-precision)
    # Adding nothing writes the zeros out: 1300, not 1.3E+3.
    return (_amount(value) / step).quantize(Decimal(1), _ROUNDING[method]) * step + 0


OWN: Mapping[str, Callable[..., Any]] = {
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "weekday": _weekday,
    "money": _money,
    "number": _number,
    "plural": _plural,
    "round": _round,
}
