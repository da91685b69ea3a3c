"""The sandbox in which templates run: plain values in, no methods, no globals, dates in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import StrictUndefined, Template, Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.model.birthday import NO_YEAR
from hub.outreach.rendering.allowed import FILTERS, TESTS

_LARGEST = 10**15
FORMS = frozenset({"short", "medium", "long", "full"})


@lru_cache(maxsize=64)
def locale(language: str) -> Locale:
    """Returns the locale of a language tag, that of its first part, or English."""
    for code in (language.replace("-", "_"), language[:2], "en"):
        try:
            return Locale.parse(code)
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("unreachable: English is always there")


class MessageEnvironment(ImmutableSandboxedEnvironment):
    """Looks things up in mappings only, and multiplies numbers only: text times a number is how bombs are made."""

    intercepted_binops = frozenset({"*"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if not (_is_small(left) and _is_small(right)):
            raise SecurityError("only numbers can be multiplied")
        return super().call_binop(context, operator, left, right)


def _is_small(number: Any) -> bool:
    return isinstance(number, int | Decimal) and -_LARGEST < number < _LARGEST


def _environment(*, html: bool) -> MessageEnvironment:
    environment = MessageEnvironment(
        autoescape=html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.globals.clear()
    own = {
        "date": _date,
        "time": _time,
        "datetime": _datetime,
        "weekday": _weekday,
        "money": _money,
        "number": _number,
    }
    environment.filters.update(own)
    environment.filters = {name: work for name, work in environment.filters.items() if name in FILTERS}
    environment.tests = {name: work for name, work in environment.tests.items() if name in TESTS}
    return environment


@lru_cache(maxsize=512)
def compiled(source: str, *, html: bool) -> Template:
    """Returns a template compiled, the same one for the same source."""
    return environment(html=html).from_string(source)


@lru_cache(maxsize=2)
def environment(*, html: bool) -> MessageEnvironment:
    """Returns the sandbox for HTML, which escapes, or for plain text, which does not."""
    return _environment(html=html)


def _language(context: Context) -> Locale:
    language = context.get("language", "en")
    return locale(language if isinstance(language, str) else "en")


def _form(form: Any) -> Any:
    if form not in FORMS:
        raise SecurityError(f"a date is written {', '.join(sorted(FORMS))}")
    return form


@pass_context
def _date(context: Context, value: date | Undefined | str, form: str = "long") -> str:
    if not isinstance(value, date):
        return str(value)
    if value.year == NO_YEAR:
        return format_skeleton("MMMMd", value, locale=_language(context))
    return format_date(value, _form(form), _language(context))


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
    return format_date(value, "EEEE", _language(context)) if isinstance(value, date) else str(value)


@pass_context
def _money(context: Context, value: Decimal | int, currency: str) -> str:
    return plain_spaces(format_currency(value, str(currency)[:3], locale=_language(context)))


@pass_context
def _number(context: Context, value: Decimal | int) -> str:
    return plain_spaces(format_decimal(value, locale=_language(context)))


def plain_spaces(text: str) -> str:
    """Returns a text with ordinary spaces: one narrow no-break space would double the price of a text (UCS-2)."""
    return text.replace("\u202f", " ").replace("\xa0", " ")
