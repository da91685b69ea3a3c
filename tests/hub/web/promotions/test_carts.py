"""Carts that a shop tells: left behind, they let somebody into a sequence; bought or changed, they end it."""

from __future__ import annotations

import email
import json
from collections.abc import AsyncIterator
from email import policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from channels.base import Context
from channels.web_shop import WebShop
from hub.outreach import why
from hub.store import enrolments, sequences, templates
from tests.channels.kits.web_shop import SECRET, signed
from tests.hub.sequences.conftest import definition, sends, waits
from tests.hub.web.promotions.test_campaigns import words
from tests.promoting import Promoting, promoting

FACES = {
    "subject": "{{ cart.what }} is waiting",
    "html": "<p>Still here:</p>{% for line in cart.lines %}<p>{{ line.quantity }} × {{ line.name }}: {{ line.amount }}"
    '</p>{% endfor %}<p>{{ cart.amount }}, <a href="{{ cart.url }}">go on</a></p>',
}
TEA = {"name": "Green <tea>", "amount": "12.50", "quantity": "2"}
POT = {"name": "Teapot", "amount": "29"}


@pytest.fixture
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    hooked = WebShop("shop", {"secrets": SECRET}, Context(public_url="http://hub.test"))
    async with promoting(sqlite_store_url, tmp_path, {"shop": hooked}) as running:
        yield running


def _follow_up(conn: Connection, now: Any) -> None:
    templates.save(conn, name="left", language="en", purpose="promotional", faces=FACES, now=now, by="tests")
    asked = definition(
        "cart_left", entry={"minutes": 60, "again_days": 0}, first=sends("pause", "left"),
        pause=waits("second", minutes=90), second=sends("end", "left"), end={"kind": "end"},
    )  # fmt: skip
    sequences.save(conn, "carts", asked, "tests", now)
    sequences.put_switch(conn, "carts", "on", "tests", now)


@pytest.mark.outbound("schedule-cart")
async def test_a_cart_that_was_left_is_followed_up_until_it_is_bought(shop: Promoting) -> None:
    services, clock = shop.room.services, shop.room.clock
    await services.database.write(_follow_up, clock())
    headers = {"Authorization": f"Bearer {await shop.room.token('agent')}"}

    async with shop.room.browser() as till:

        async def tell(path: str = "/carts", **said: Any) -> None:
            answer = await till.ask("POST", f"/api/v1{path}", json=said, headers=headers)
            assert answer.status == 201, answer.text

        async def cart(who: str, *lines: dict[str, str], **more: Any) -> None:
            await tell(
                identities=[f"{who}@example.com"], external_id=f"cart-of-{who}", lines=lines, currency="EUR",
                amount="41.50", url=f"https://shop.example.com/cart/{who}", **more,
            )  # fmt: skip

        async def later(**spans: float) -> list[str]:
            """Lets time pass, does what is due; returns the subjects of all mail so far."""
            clock.advance(**spans)
            await shop.clockwork.sequences.run_once()
            await shop.clockwork.dispatcher.run_once()
            return [str(email.message_from_string(raw, policy=policy.default)["Subject"]) for raw in shop.mails()]

        async def stands(who: str) -> tuple[str, str]:
            ways = await services.database.read(enrolments.of_customer, shop.people[who])
            return ways[0]["state"], ways[0]["why"]

        await cart("ada", TEA, POT)
        await cart("charles", POT)
        assert await later(minutes=50) == []
        await cart("charles", POT, TEA)
        assert await later(minutes=15) == ["Green <tea> is waiting"]
        mail = email.message_from_string(shop.mails()[0], policy=policy.default)
        page = mail.get_body(("html",))
        assert page is not None
        assert "2 × Green &lt;tea&gt;: €12.50" in page.get_content()
        assert 'href="https://shop.example.com/cart/ada"' in page.get_content()
        assert await later(minutes=50) == ["Green <tea> is waiting", "Teapot is waiting"]
        # She buys it in the shop, he goes on shopping: neither is asked again.
        await tell("/purchases", identities=["ada@example.com"], external_id="order-1", amount="41.50", currency="EUR",
                   bought_at=clock().isoformat())  # fmt: skip
        await cart("charles", POT)
        assert (await stands("Charles")) == ("left", "cart_changed")
        assert len(await later(minutes=10)) == 2
        assert (await stands("Ada")) == ("left", "bought")
        story = await services.database.read(lambda conn, one: why.of_customer(conn, one), shop.people["Ada"])
        assert [way.words for way in story.ways] == ["Left: they bought."]
        assert len(await later(hours=2)) == 3, "his new cart is another, left once more"
        story = await services.database.read(lambda conn, one: why.of_customer(conn, one), shop.people["Charles"])
        assert [way.words.partition(" until ")[0] for way in story.ways] == [
            "Waits",
            "Left: they went on with the cart.",
        ]
        assert story.ways[0].words.endswith("then gets left by outgoing_mail.")
        async with shop.room.browser("agent") as agent:
            seen = words(await agent.get(f"/customers/{shop.people['Charles']}"))
        assert "Sequences Welcome next at" in seen
        assert "Welcome left: went on with the cart" in seen
        await cart("charles", POT, state="bought")
        assert (await stands("Charles")) == ("left", "bought")
        assert len(await later(hours=3)) == 3
        # The shop's own hook says the same, signed; what is not signed, or twice the same, changes nothing.
        tea = {"id": "hooked", "amount": 12.5, "currency": "EUR", "customer": {"email": "charles@example.com"},
               "lines": [{"name": "Tea", "amount": 12.5}]}  # fmt: skip
        await later(hours=17)
        hook = signed(json.dumps(tea).encode())
        forged = await till.ask("POST", "/hooks/shop/cart", data=hook.body, headers={"X-Hub-Signature": "no"})
        assert forged.status == 403
        for _again in range(2):
            assert (await till.ask("POST", "/hooks/shop/cart", data=hook.body, headers=hook.headers)).status == 204
        assert (await later(minutes=70))[-1] == "Tea is waiting"
        over = signed(json.dumps({**tea, "state": "bought"}).encode())
        assert (await till.ask("POST", "/hooks/shop/cart", data=over.body, headers=over.headers)).status == 204
        assert (await stands("Charles")) == ("left", "bought")
        assert len(await later(hours=3)) == 4
        bad = await till.ask(
            "POST", "/api/v1/carts", headers=headers,
            json={"identities": ["ada@example.com"], "external_id": "x", "amount": "1", "currency": "EUR",
                  "url": "javascript:alert(1)"},
        )  # fmt: skip
        assert bad.status == 422
