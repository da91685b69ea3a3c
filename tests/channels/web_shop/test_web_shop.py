"""Shops: where a cart's parts stand is said by the settings; what is signed is believed, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from channels.base import Context
from channels.web_shop import WebShop
from hub.model.cart import CartLine
from hub.model.errors import NotAuthentic
from hub.model.event import CartTold
from tests.channels.kits.web_shop import CART, SECRET, signed, told

CONTEXT = Context(public_url="https://hub.example.com")
SHOPIFY: dict[str, Any] = {
    "signature_header": "X-Shopify-Hmac-Sha256",
    "cart": {
        "id": "token", "amount": "total_price", "url": "abandoned_checkout_url", "lines": "line_items",
        "email": "email", "touched_at": "updated_at", "bought_at": "completed_at",
    },
    "line": {"name": "title", "amount": "line_price"},
}  # fmt: skip


def shop(**settings: Any) -> WebShop:
    return WebShop("shop", {"secrets": f"another-secret-of-old,{SECRET}", **settings}, CONTEXT)


def read(request: Any, **settings: Any) -> CartTold:
    (event,) = shop(**settings).parse(request)
    assert isinstance(event, CartTold)
    return event


def test_a_cart_is_read_from_where_its_parts_stand() -> None:
    event = read(told())
    assert [str(one) for one in event.identities] == ["mailto:ada@example.com"]
    assert (event.cart.external_id, event.cart.amount, event.cart.currency) == ("c1", Decimal("41.5"), "EUR")
    assert event.cart.lines == (CartLine(name="Tea", quantity=Decimal(2), amount=Decimal("12.5")),)
    body = {
        "token": "t9", "total_price": "29.00", "currency": "USD", "email": "ada@example.com", "completed_at": None,
        "updated_at": "2026-03-02T11:00:00+01:00", "abandoned_checkout_url": "https://shop.example.com/t9",
        "customer": {"id": 7, "name": "Ada", "phone": "+420601123456"},
        "line_items": [{"title": "Pot", "quantity": 1, "line_price": "29.00"}],
    }  # fmt: skip
    request = signed(json.dumps(body).encode(), header="x-shopify-hmac-sha256")
    shop(**SHOPIFY).verify(request)
    event = read(request, **SHOPIFY)
    assert [str(one) for one in event.identities] == ["ext:shop/7", "mailto:ada@example.com", "tel:+420601123456"]
    assert (event.cart.state, event.cart.touched_at) == ("open", datetime(2026, 3, 2, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "open"),
        ({"lines": []}, "emptied"),
        ({"bought_at": "2026-03-02"}, "bought"),
        ({"state": "BOUGHT"}, "bought"),
    ],
)
def test_how_a_cart_stands(changes: dict[str, Any], state: str) -> None:
    assert read(told(**changes)).cart.state == state


def test_a_cart_of_nobody_who_can_be_named_is_none() -> None:
    assert shop().parse(told(customer={})) == ()


@pytest.mark.security_row(1)
@pytest.mark.parametrize("header", ["", "forged", SECRET], ids=["none", "forged", "the secret itself"])
def test_what_is_not_signed_is_not_believed(header: str) -> None:
    shop().verify(told())
    with pytest.raises(NotAuthentic):
        shop().verify(replace(told(), headers={"X-Hub-Signature": header} if header else {}))
    with pytest.raises(NotAuthentic):
        shop().verify(replace(told(), body=json.dumps({**CART, "amount": 1}).encode()))
