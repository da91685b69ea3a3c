"""Numbers: what a phone number says of where its holder may be, beside what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers

from hub.model import phone
from hub.model.errors import Unreadable
from hub.outreach.quiet_hours import Where, whereabouts


@dataclass(frozen=True, slots=True)
class Number:
    """What a phone number says of itself."""

    country: str = ""
    zones: tuple[str, ...] = ()
    premium_rate: bool = False


def where_is(person: Mapping[str, Any], number: Number) -> Where:
    """Returns where a customer may be, by what they stated, their address and their number."""
    return whereabouts(
        stated_zone=person["time_zone"],
        countries=(person["country"], number.country),
        state=str((person["facts"] or {}).get("state", "")),
        phone_zones=number.zones,
    )


@lru_cache(maxsize=65_536)
def number_of(value: str) -> Number:
    """Returns what a phone number says; nothing for one that cannot be read."""
    try:
        parsed = phone.read_phone(value)
    except Unreadable:
        return Number()
    premium = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return Number(phone.region_of(parsed) or "", tuple(phone.time_zones(parsed)), premium)
