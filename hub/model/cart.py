"""Carts: what somebody has put together in a shop and not bought yet, as the shop tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from hub.model.errors import Refused

OPEN: Final = "open"
BOUGHT: Final = "bought"
EMPTIED: Final = "emptied"
STATES = (OPEN, BOUGHT, EMPTIED)
MOST_LINES = 100
# Stored as ten-thousandths in 63 bits.
_LARGEST = Decimal(10) ** 12
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_LONGEST, _LONGEST_URL = 300, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One line: what, how much of it, and for what in all."""

    name: str
    amount: Decimal
    quantity: Decimal = Decimal(1)
    sku: str = ""

    def as_json(self) -> dict[str, str]:
        """Returns the line as it is stored; numbers as text, exactly."""
        return {"name": self.name, "sku": self.sku, "quantity": f"{self.quantity:f}", "amount": f"{self.amount:f}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A cart as it is now. `url`: where its customer goes on; `touched_at`: when they last changed it."""

    source: str
    external_id: str
    touched_at: datetime
    amount: Decimal
    currency: str
    state: str = OPEN
    url: str = ""
    lines: tuple[CartLine, ...] = ()

    @property
    def holds(self) -> dict[str, Any]:
        """What makes it another cart than before, as it is stored."""
        return {
            "state": self.state,
            "amount": self.amount,
            "currency": self.currency,
            "url": self.url,
            "lines": [line.as_json() for line in self.lines],
        }


def check_cart(cart: Cart) -> None:
    """Raises Refused, naming the field, where a cart says what cannot be stored, or leads nowhere on the web."""
    for name in ("source", "external_id"):
        if not 0 < len(getattr(cart, name)) <= _LONGEST:
            raise Refused(f"A cart needs its {name.replace('_', ' ')}, of at most {_LONGEST} letters.", field=name)
    if cart.state not in STATES:
        raise Refused(f"{cart.state[:40]!r} is no state of a cart: {', '.join(STATES)}.", field="state")
    if not _CURRENCY.match(cart.currency):
        raise Refused(f"{cart.currency[:20]!r} is no currency; write it as EUR.", field="currency")
    if len(cart.lines) > MOST_LINES:
        raise Refused(f"A cart has at most {MOST_LINES} lines.", field="lines")
    if cart.url and not _is_web(cart.url):
        raise Refused("A cart's address begins with https:// and names a host.", field="url")
    _check_number(cart.amount, "amount")
    for at, line in enumerate(cart.lines):
        if not 0 < len(line.name) <= _LONGEST:
            raise Refused(
                f"A line needs the name of what is in it, of at most {_LONGEST} letters.", field=f"lines.{at}"
            )
        _check_number(line.amount, f"lines.{at}.amount")
        _check_number(line.quantity, f"lines.{at}.quantity")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isprintable() and " " not in url and len(url) <= _LONGEST_URL
    return plain and parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username


def _check_number(number: Decimal, field: str) -> None:
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise Refused(f"{str(number)[:40]} is too large a number.", field=field)
    if number != round(number, 4):
        raise Refused(f"{number} has more than four decimal places.", field=field)
