"""The kit of channels.web_shop: carts as shops sign and send them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from channels.base import Request
from tests.channels.contract import MISSING, NOW, Kit, Lend

SECRET = "a-secret-of-the-shop"  # of the tests
CART: dict[str, Any] = {
    "id": "c1", "amount": 41.50, "currency": "eur", "url": "https://shop.example.com/cart/c1",
    "customer": {"email": "Ada@Example.com", "name": "Ada"},
    "lines": [{"name": "Tea", "quantity": 2, "amount": "12.5"}],
}  # fmt: skip


def signed(body: bytes, secret: str = SECRET, header: str = "X-Hub-Signature") -> Request:
    """Returns a request of the shop."""
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    url = "https://hub.example.com/hooks/under_test/cart"
    return Request(hook="cart", url=url, headers={header: signature}, body=body, received_at=NOW)


def told(**changes: Any) -> Request:
    """Returns a cart as it is told, with changes."""
    return signed(json.dumps({**CART, **changes}).encode())


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    yield Kit(
        settings={"secrets": [SECRET]},
        secrets=[SECRET],
        carts=True,
        wrong={
            "no secret": {"secrets": MISSING},
            "short secret": {"secrets": "short"},
            "unknown": {"folder": "x"},
            "unknown part": {"cart": {"colour": "x"}},
        },
        requests=[told(), told(state="bought")],
        malformed=[
            replace(told(), body=b"\xff{"),
            told(currency="euro"),
            told(state="lost"),
            told(amount="1" * 40),
            told(url="javascript:alert(1)"),
            told(lines=[{"amount": 1}]),
            told(touched_at="yesterday"),
            signed(b"[" * 50_000),
        ],
    )
