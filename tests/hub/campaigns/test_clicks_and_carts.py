"""Clicks and carts on PostgreSQL, whose SQL differs; what they mean is tested through the pages, on SQLite."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from hub.model.cart import Cart, CartLine
from hub.outreach.campaigning.comparing import compare
from hub.outreach.campaigning.results import results
from hub.store import carts, clicks, templates
from hub.store.clicks import Hit, Way
from tests.hub.campaigns.conftest import Marketing
from tests.hub.outreach.conftest import KEYS

FACES = {
    "subject": "Tea",
    "text": "https://shop.example.com/tea and https://shop.example.com/{{ customer.first_name }}\n",
}


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_clicks_are_counted_and_compared_and_carts_left_are_found(market: Marketing) -> None:
    out = market.out
    ada = await market.customer("mailto:ada@example.com")
    await out.write(_templates, out.clock())
    campaign = await market.draft(template="tea", variants={"b": "offer"}, count_clicks=True)
    await market.launch(campaign)
    await market.run()
    # Her arm is a hash's; whichever it is, one link is followed.
    await out.write(
        lambda conn: clicks.keep(conn, [clicks.kept(KEYS, "https://shop.example.com/tea", None)], out.clock())
    )
    await out.send()
    now = out.clock.pass_(minutes=10)
    told = re.findall(r"/l/([A-Za-z0-9_-]+)", out.mails()[0].decode())

    def follow(conn: Connection) -> list[bool]:
        key = clicks.kept(KEYS, "https://shop.example.com/tea", None).key
        ways = [way for token in told if (way := clicks.way(conn, KEYS, token))] or [_way(key)]
        return [clicks.note(conn, Hit(1, way.key, 9, why, now)) for way in ways[:1] for why in ("named", "", "")]

    assert await out.write(follow) == [False, True, True]
    found = await out.write(results, 1)
    assert (found.clicks.people, found.clicks.machines, [link.people for link in found.clicks.links]) == (1, 0, [1])
    arms = await out.write(lambda conn: compare(conn, 1, days=14))
    assert sum(arm.measures["clicks"].hits for arm in arms.arms) == 1

    def left(conn: Connection) -> list[tuple[int, int, int]]:
        line = CartLine(name="Tea", amount=Decimal("12.50"))
        touched = now - timedelta(hours=2)
        cart = Cart(
            source="shop", external_id="c1", touched_at=touched, amount=Decimal(12), currency="EUR", lines=(line,)
        )
        assert [carts.keep(conn, cart, ada, now).outcome for _ in range(2)] == ["created", "unchanged"]
        return carts.left(conn, now - timedelta(days=1), now - timedelta(hours=1))

    assert await out.write(left) == [(1, ada, 1)]
    rows = [
        {"id": 7, "context": {carts.CART: 1, carts.REVISION: 2}},
        {"id": 8, "context": {carts.CART: 1, carts.REVISION: 1}},
    ]
    assert await out.write(carts.over, rows) == {7: "cart_changed"}


def _way(key: str) -> Way:
    return Way(message_id=1, key=key, url="", links=9, sent_at=None, clicked=False, scanned=False)


def _templates(conn: Connection, now: datetime) -> None:
    templates.save(conn, name="tea", language="en", purpose="promotional", faces=FACES, now=now)
