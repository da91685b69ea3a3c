"""Purchases: what somebody bought, as a shop, a till or a file tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from hub.model.errors import Refused
from hub.model.identity import Identity

PAID: Final = "paid"
STATES = ("open", PAID, "refunded", "cancelled")
# What came to nothing redeems no offer.
STANDS = frozenset({"open", PAID})
MOST_LINES = 500
# Stored as ten-thousandths in 63 bits; a sum of many must fit too.
_LARGEST = Decimal(10) ** 12
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what, how much of it, and for what in all (`amount`, negative for a rebate); `cost` is ours."""

    name: str
    amount: Decimal
    quantity: Decimal = Decimal(1)
    sku: str = ""
    category: str = ""
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One purchase; told again under the same source and external id, it is the same one, corrected."""

    source: str
    external_id: str
    bought_at: datetime
    amount: Decimal
    currency: str
    state: str = PAID
    note: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What names it: source and external id."""
        return self.source, self.external_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A purchase as somebody tells it: with who bought, by `customer_id` or by identities, the surest first.

    `code`: of the offer that it redeems.
    """

    purchase: Purchase
    buyer: tuple[Identity, ...] = ()
    customer_id: int | None = None
    name: str = ""
    code: str = ""


def check_purchase(purchase: Purchase) -> None:
    """Raises Refused, naming the field, where a purchase says what cannot be stored."""
    for name in ("source", "external_id"):
        if not 0 < len(getattr(purchase, name)) <= _LONGEST:
            raise Refused(f"A purchase needs its {name.replace('_', ' ')}, of at most {_LONGEST} letters.", field=name)
    if not _CURRENCY.match(purchase.currency):
        raise Refused(f"{purchase.currency[:20]!r} is no currency; write it as EUR.", field="currency")
    if purchase.state not in STATES:
        raise Refused(f"{purchase.state[:40]!r} is no state of a purchase: {', '.join(STATES)}.", field="state")
    if len(purchase.lines) > MOST_LINES:
        raise Refused(f"A purchase has at most {MOST_LINES} lines.", field="lines")
    if purchase.bought_at.year < 1970:
        raise Refused("A purchase cannot be from before 1970.", field="bought_at")
    _check_number(purchase.amount, "amount")
    for at, line in enumerate(purchase.lines):
        if not line.name:
            raise Refused("A line needs the name of what was bought.", field=f"lines.{at}.name")
        for name in ("amount", "quantity", "cost"):
            _check_number(getattr(line, name), f"lines.{at}.{name}")


def _check_number(number: Decimal | None, field: str) -> None:
    if number is None:
        return
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise Refused(f"{str(number)[:40]} is too large a number.", field=field)
    if number != round(number, 4):
        raise Refused(f"{number} has more than four decimal places.", field=field)
