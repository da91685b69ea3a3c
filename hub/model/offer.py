"""Offers: what is offered and for how much, and the codes that nobody can guess by which they are redeemed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from hub.model.errors import Refused
from hub.model.local_time import local_instant, zone

# Neither 0, O, 1, I and L, which people mix up, so that a code can be read out: ten letters are 49 bits.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS, _GROUP = 2, 5
_CODE = re.compile(r"[!-~]{3,64}\Z")
_PREFIX = re.compile(r"[A-Z0-9]{0,16}\Z")
_EXTERNAL_ID = re.compile(r"\S(.{0,98}\S)?\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_LONGEST_TITLE = 300
_LARGEST = Decimal(10) ** 12
_MOST_DAYS = 3660
MOST_TIERS = 50
FIELDS = frozenset({
    *("title", "titles", "sku", "category", "for_bought", "price", "percent", "currency", "valid_until", "valid_days"),
    *("makes_codes", "prefix", "tell_below", "is_open"),
})  # fmt: skip
EMPTY: Mapping[str, Any] = {
    "title": "", "titles": {}, "sku": "", "category": "", "for_bought": False, "price": None, "percent": None,
    "currency": "", "valid_until": None, "valid_days": None, "makes_codes": True, "prefix": "", "tell_below": 0,
    "is_open": True,
}  # fmt: skip


def new_code(prefix: str) -> str:
    """Returns a code that nobody can guess, as SPRING-7KQ2M-XHPTA."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)]
    return "-".join(filter(None, (prefix, *groups)))


def read_code(text: str) -> str:
    """Returns a code as it is kept: in capitals, without spaces. Raises Refused."""
    code = "".join(text.split()).upper()
    if not _CODE.match(code):
        raise Refused(
            f"{text[:40]!r} is no code.",
            field="code",
            next_step="A code has 3 to 64 letters, digits and signs.",
        )
    return code


def check_offer(external_id: str, offer: Mapping[str, Any], tiers: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises Refused naming the field that makes no offer. `tiers`: price and percent by tier."""
    if unknown := sorted(set(offer) - FIELDS):
        raise Refused(f"An offer has no {unknown[0]!r}.", field=unknown[0])
    if not _EXTERNAL_ID.match(external_id):
        raise Refused("An offer needs a name for ever, of at most 100 letters.", field="external_id")
    if not str(offer["title"]).strip():
        raise Refused("An offer needs a title.", field="title", next_step="Say what is offered: 10% off hearing aids.")
    _check_titles(offer["titles"])
    _check_worth(offer, offer["currency"], "")
    if len(tiers) > MOST_TIERS:
        raise Refused(f"An offer has at most {MOST_TIERS} tiers.", field="tiers")
    for tier, worth in tiers.items():
        if not tier.strip():
            raise Refused("A tier needs a name.", field="tiers")
        _check_worth(worth, offer["currency"], f" of {tier!r}")
    if offer["for_bought"] and (offer["category"] or offer["sku"]):
        raise Refused("An offer is for what each bought most, or for one category; not both.", field="for_bought")
    if not _PREFIX.match(offer["prefix"]):
        raise Refused("A code begins with at most 16 capitals and digits.", field="prefix")
    days = offer["valid_days"]
    if days is not None and not 0 < days <= _MOST_DAYS:
        raise Refused(f"A code is valid for 1 to {_MOST_DAYS} days.", field="valid_days")
    if not 0 <= offer["tell_below"] < 10**9:
        raise Refused("It is told when fewer codes than this are left.", field="tell_below")


def title_in(offer: Mapping[str, Any], language: str) -> str:
    """Returns what an offer is called in a language: of pt-BR else that of pt, else its own title."""
    titles = offer.get("titles") or {}
    return str(titles.get(language) or titles.get(language.partition("-")[0]) or offer["title"])


def _check_titles(titles: Any) -> None:
    if not isinstance(titles, Mapping) or not all(isinstance(title, str) for title in titles.values()):
        raise Refused("Titles are texts by language.", field="titles")
    for language, title in titles.items():
        if not _LANGUAGE.match(str(language)):
            raise Refused(
                f"{str(language)[:40]!r} is no language.", field="titles", next_step="Write it as en, pt-BR or cs."
            )
        if not 0 < len(title.strip()) <= _LONGEST_TITLE:
            raise Refused(f"A title has 1 to {_LONGEST_TITLE} letters.", field="titles")


def expires_at(valid_until: date | None, valid_days: int | None, now: datetime, time_zone: str) -> datetime | None:
    """Returns when a code given now ends: with the last valid day on the business's clock, whichever comes first."""
    today = now.astimezone(zone(time_zone)).date()
    lasts = [day for day in (valid_until, today + timedelta(days=valid_days) if valid_days else None) if day]
    if not lasts:
        return None
    return local_instant(datetime.combine(min(lasts) + timedelta(days=1), time()), zone(time_zone)).astimezone(UTC)


def last_day(ends: datetime, time_zone: str) -> date:
    """Returns the last day on which a code that ends then is valid."""
    return (ends - timedelta(milliseconds=1)).astimezone(zone(time_zone)).date()


def _check_worth(worth: Mapping[str, Any], currency: str, of: str) -> None:
    price, percent = worth.get("price"), worth.get("percent")
    if (price is None) == (percent is None):
        raise Refused(f"The offer{of} says either a price or how much off in percent.", field="price")
    if price is not None:
        if not price.is_finite() or not 0 <= price < _LARGEST or price != round(price, 4):
            raise Refused(f"{price} cannot be a price.", field="price")
        if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
            raise Refused("A price needs its currency, as EUR.", field="currency")
    if percent is not None and not (percent.is_finite() and 0 < percent <= 100 and percent == round(percent, 2)):
        raise Refused(f"{percent} cannot be how much off in percent.", field="percent")
