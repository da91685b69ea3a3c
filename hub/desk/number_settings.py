"""What a number is told besides how it signs in: countries, prices and their cap, WhatsApp, answers, machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.model.errors import Refused
from hub.model.identity import phone_identity
from hub.model.opt_tables import LANGUAGES
from hub.model.phone import is_country

ANSWERED = ("stop", "start", "help")
MACHINES = ("hang_up", "message", "speak")
# Two parts of a text: an answer costs what it is long.
_LONGEST_ANSWER = 320
_LONGEST_NAME = 100
_MOST_COUNTRIES = 250


def read_number_settings(kind: str, given: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings that were given, as a channel of this kind keeps them; None takes one away.

    `given` may leave some out; `now`: what the channel says so far. Raises Refused naming the field.
    """
    readers = _READERS.get(kind)
    if readers is None:
        raise Refused("This channel has no number.", field="name")
    if unknown := sorted(set(given) - set(readers)):
        raise Refused(f"A number knows no {unknown[0]!r} here.", field=unknown[0])
    read = {name: readers[name](name, value) for name, value in given.items()}
    after = {**now, **read}
    if after.get("daily_spend") and not after.get("price_per_part"):
        raise Refused(
            "A cap needs a price.", field="daily_spend", next_step="Write what one part of a text costs, as 0.0079."
        )
    return read


def settings_of(kind: str, now: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a channel of this kind says, each setting under its name; empty for one that it does not say."""
    return {name: now.get(name, _EMPTY.get(name, "")) for name in _READERS.get(kind, ())}


def _words(name: str, value: Any) -> str | None:
    text = " ".join(str(value or "").split())
    if len(text) > _LONGEST_NAME:
        raise Refused(f"This has at most {_LONGEST_NAME} characters.", field=name)
    return text or None


def _countries(name: str, value: Any) -> list[str] | None:
    listed = value.replace(",", " ").split() if isinstance(value, str) else list(value or ())
    found = list(dict.fromkeys(str(each).upper() for each in listed))
    if wrong := [each for each in found if not is_country(each)]:
        raise Refused(f"{wrong[0]} is no country.", field=name, next_step="Write two letters each, as US, CA.")
    return found[:_MOST_COUNTRIES] or None


def _amount(name: str, value: Any) -> str | None:
    if value in ("", None):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < 1_000_000:
        raise Refused("This is no amount.", field=name, next_step="Write it as 0.0079.")
    return str(amount)


def _currency(name: str, value: Any) -> str | None:
    code = str(value or "").strip().upper()
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Refused("A currency is three letters.", field=name, next_step="Write it as USD.")
    return code or None


def _number(name: str, value: Any) -> str | None:
    written = str(value or "").strip()
    if not written:
        return None
    found = phone_identity(written)
    if found is None or not written.startswith("+"):
        raise Refused("This is no number.", field=name, next_step="Write it as +14155550100.")
    return found.value


def _yes(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"{name} is true or false.", field=name)
    return value


def _answers(name: str, value: Any) -> dict[str, dict[str, str]] | None:
    """Reads words by what is answered and by language; empty ones leave the hub's own."""
    if not isinstance(value or {}, Mapping):
        raise Refused("Answers are words by language.", field=name)
    kept: dict[str, dict[str, str]] = {}
    for what, by_language in (value or {}).items():
        if what not in ANSWERED or not isinstance(by_language, Mapping):
            raise Refused(f"Answers are to {', '.join(ANSWERED)}, each by language.", field=name)
        for language, written in by_language.items():
            words = " ".join(str(written).split())
            if language not in LANGUAGES:
                raise Refused(f"Texts are understood in {', '.join(LANGUAGES)}.", field=name)
            if len(words) > _LONGEST_ANSWER:
                raise Refused(f"An answer has at most {_LONGEST_ANSWER} characters.", field=f"{name}.{what}.{language}")
            if words:
                kept.setdefault(what, {})[language] = words
    return kept or None


def _machine(name: str, value: Any) -> str:
    if value not in MACHINES:
        raise Refused(f"A machine gets one of {', '.join(MACHINES)}.", field=name)
    return str(value)


_READERS: Mapping[str, Mapping[str, Callable[[str, Any], Any]]] = {
    "texts": {
        "business_name": _words,
        "countries": _countries,
        "price_per_part": _amount,
        "price_currency": _currency,
        "daily_spend": _amount,
        "whatsapp_number": _number,
        "count_clicks": _yes,
        "answers": _answers,
    },
    "calls": {"answering_machine": _machine},
}
_EMPTY: Mapping[str, bool | str | Sequence[str] | Mapping[str, str]] = {
    "countries": (),
    "count_clicks": False,
    "answers": {},
    "answering_machine": "hang_up",
}
