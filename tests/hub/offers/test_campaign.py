"""A personal price by a campaign of the starter: a code each, redeemed by a purchase, measured on the offer's page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import Connection, select

from hub.model.purchase import Line, Purchase
from hub.store import campaigns, offer_codes, purchases, runs
from hub.store.tables import MessageRow
from tests.promoting import Promoting, promoting
from tests.starting import start_with
from tests.web_room import Browser

PLACES = ("templates/price_offer/", "offers/", "segments/recent_buyers_by_mail", "campaigns/price_for_you")


@pytest.fixture
async def hub(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        yield running


async def test_a_personal_price_is_given_redeemed_and_measured(hub: Promoting) -> None:
    room, clock = hub.room, hub.room.clock
    database = room.services.database

    def furnish(conn: Connection, _: None) -> int:
        start_with(conn, clock(), *PLACES)
        _buys(conn, hub.people["Ada"], "tea", clock())
        _buys(conn, hub.people["Charles"], "", clock())
        campaign = campaigns.by_name(conn, "price_for_you")
        assert campaign is not None
        return int(campaign["id"])

    campaign = await database.write(furnish, None)
    async with room.browser("marketer") as marketer:
        plan = await marketer.post(f"/campaigns/{campaign}/plan")
        assert "YOU-?????-?????" in plan.text, "nobody has a code before the launch"
        token = re.search(r'name="plan_hash" value="([^"]+)"', plan.text)
        assert token, plan.text
        assert (await marketer.post(f"/campaigns/{campaign}/launch", {"plan_hash": token[1]})).status == 303
        await hub.tick()
    [mail] = hub.mails()
    found = re.search(r"YOU-[0-9A-Z]{5}-[0-9A-Z]{5}", mail)
    assert found
    assert "10%" in mail

    def look(conn: Connection, _: None) -> dict[str, Any]:
        [run] = runs.of_campaign(conn, campaign)
        [message] = conn.execute(select(MessageRow.about, MessageRow.about_id, MessageRow.state)).all()
        code = offer_codes.find(conn, found[0])
        assert (message.about, message.about_id, message.state) == ("offer", code["id"], "accepted")
        return {"code": code, "skips": [(s["customer_id"], s["reason"]) for s in runs.skips(conn, run["id"])]}

    seen = await database.read(look, None)
    ada, charles = hub.people["Ada"], hub.people["Charles"]
    assert (seen["code"]["customer_id"], seen["code"]["category"]) == (ada, "tea")
    assert seen["skips"] == [(charles, "offer_no_category")], "states and skips sum to the audience"
    async with room.browser("admin") as admin:
        await _offers(admin, found[0], seen["code"]["offer_id"], ada)
        await _waiting(admin, ada)
    await _by_the_api(hub, found[0], ada)


async def _offers(admin: Browser, code: str, number: int, ada: int) -> None:
    """Redeemed at the till, once; a pool is filled on the page; a file is tried and taken in."""
    assert (await admin.post("/offers/redeem", {"code": code.lower()})).status == 303
    again = await admin.post("/offers/redeem", {"code": code})
    assert (again.status, "already" in again.text) == (422, True)
    page = (await admin.get(f"/offers/{number}")).text
    assert "1 (100 %)" in page
    assert code in page
    wrong = await admin.post("/offers", {"external_id": "both", "title": "Both", "price": "5", "percent": "5"})
    assert (wrong.status, 'value="Both"' in wrong.text) == (422, True), "what was typed stays"
    fields = {"external_id": "pool", "title": "Pool", "price": "49,90", "currency": "eur", "is_open": "yes"}
    made = await admin.post("/offers", {**fields, "tiers": "gold = 15%\nsilver = 45"})
    assert made.status == 303, made.text
    where = made.headers["Location"]
    assert (await admin.post(f"{where}/codes", {"codes": "P-1\np-2;P-1"})).status == 303
    shown = (await admin.get(where)).text
    assert "gold = 15%" in shown
    listed = (await admin.get("/offers")).text
    assert "€49.90" in listed
    assert "2 tiers" in listed
    assert code in (await admin.get(f"/customers/{ada}")).text
    belongs = await admin.get(f"/customers/{ada}/segments")
    assert belongs.status == 200
    assert (await admin.get("/segments/customers")).status == 200
    assert (await admin.get("/offers/import")).status == 200
    assert (await admin.get("/reminders")).status == 200


async def _waiting(admin: Browser, ada: int) -> None:
    """Nobody is put on the list who is not known; a slot asks who waits, and is given to one."""
    unknown = await admin.post("/waiting-list", {"customer": "nobody@example.com", "title": "Check-up"})
    assert unknown.status == 422
    assert (await admin.post("/waiting-list", {"customer": "ada@example.com", "title": "Check-up"})).status == 303
    slot = {"title": "check-up", "starts_at": "2099-03-02T10:00", "time_zone": "Europe/Prague"}
    past = await admin.post(
        "/waiting-list/slots", {**slot, "channel": "outgoing_mail", "starts_at": "2020-03-02T10:00"}
    )
    assert past.status == 422
    assert (await admin.post("/waiting-list/slots", {**slot, "channel": "outgoing_mail"})).status == 303
    page = await admin.get("/waiting-list")
    assert "Give it to them" in page.text
    assert (await admin.post("/waiting-list/slots/1", {"customer": str(ada)})).status == 303
    page = await admin.get("/waiting-list")
    assert "has it" in page.text
    assert "Nobody waits." in page.text


async def _by_the_api(hub: Promoting, code: str, ada: int) -> None:
    token = await hub.room.token("admin")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with http.request(method, hub.room.url(f"/api/v1{path}"), json=body) as answer:
                return answer.status, await answer.json()

        status, told = await ask("POST", "/offers", {"external_id": "pool", "tiers": {"gold": {"percent": "20"}}})
        assert (status, told["free"], told["tiers"]["gold"]["percent"], told["price"]) == (201, 2, "20.00", "49.90")
        number = told["id"]
        status, given = await ask(
            "POST", f"/offers/{number}/give", {"customer_ids": [str(ada), str(ada + 1), str(ada + 2)]}
        )
        assert (status, len(given["items"]), list(given["refused"].values())) == (200, 2, ["offer_no_code_left"])
        status, again = await ask("POST", "/offer-codes/redeem", {"code": code})
        assert (status, "already" in str(again)) == (422, True)
        assert (await ask("GET", f"/offers/{number}/results"))[1]["given"] == 2
        assert (await ask("GET", "/free-slots"))[1]["items"][0]["state"] == "taken"
        status, place = await ask("POST", "/waiting-list", {"customer_id": str(ada), "title": "Check-up"})
        assert (status, (await ask("GET", "/waiting-list"))[1]["items"]) == (201, [place])
        assert (await ask("DELETE", f"/waiting-list/{place['id']}"))[0] == 200
        line = {"name": "Tea", "amount": "10", "cost": "4"}
        body = {"customer_id": str(ada), "external_id": "o9", "bought_at": hub.room.clock().isoformat(), "amount": "10"}
        mine = next(item["code"] for item in given["items"] if item["customer_id"] == str(ada))
        status, _ = await ask("POST", "/purchases", {**body, "currency": "EUR", "lines": [line], "code": mine})
        results = (await ask("GET", f"/offers/{number}/results"))[1]
        assert (status, results["redeemed"], results["earned"][0]["margin"]) == (201, 1, "6.00")


def _buys(conn: Connection, customer: int, category: str, now: Any) -> None:
    line = Line(name="Something", category=category, amount=Decimal(20))
    purchase = Purchase(
        source="shop", external_id=f"o{customer}", bought_at=now, amount=Decimal(20), currency="EUR", lines=(line,)
    )
    purchases.record(conn, [(purchase, customer, None)], now)
