"""What the texts of a plan cost: by country, in each currency, and for how many nobody knows a price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hub.store.list_prices import Prices

_CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryCost:
    """What goes to one country (empty: nobody knows which) and what it costs; `amount` empty where nobody knows."""

    country: str
    messages: int
    parts: int
    amount: str = ""
    currency: str = ""
    source: str = ""


def costs_of(messages: Mapping[str, int], parts: Mapping[str, int], prices: Prices) -> list[CountryCost]:
    """Returns what each country costs, the dearest first; those without a price last."""
    found = []
    for country, many in messages.items():
        price = prices.of(country)
        found.append(
            CountryCost(
                country=country,
                messages=many,
                parts=parts[country],
                amount=str((price.amount * parts[country]).quantize(_CENTS)) if price else "",
                currency=price.currency if price else "",
                source=price.source if price else "",
            )
        )
    return sorted(found, key=lambda one: (not one.amount, -Decimal(one.amount or 0), one.country))


def totals(costs: list[CountryCost]) -> dict[str, str]:
    """Returns the sum in each currency."""
    found: dict[str, Decimal] = {}
    for one in costs:
        if one.amount:
            found[one.currency] = found.get(one.currency, Decimal(0)) + Decimal(one.amount)
    return {currency: str(amount) for currency, amount in sorted(found.items())}
