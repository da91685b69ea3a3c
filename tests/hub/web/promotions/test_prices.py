"""Prices by country: kept on a page and by the API, told where a text is previewed."""

from __future__ import annotations

import pytest

from tests.desk_world import World
from tests.hub.web.promotions.test_templates import save
from tests.web_room import WebRoom

PATH = "/channels/main_number/prices"


@pytest.mark.outbound("template-cost")
async def test_a_preview_tells_what_the_text_costs_to_who_is_looked_at(room: WebRoom, world: World) -> None:
    async with room.browser("marketer") as browser:
        await save(browser, {})
        preview = f"/templates/spring_offer/en?customer={world.ada}"
        assert f'href="{PATH}">price unknown' in (await browser.get(preview)).text
        await browser.get(PATH)
        wrong = await browser.post(PATH, {"currency": "EUR", "prices": "CZ 0.0834\nnothing"})
        assert wrong.status == 422
        assert "CZ 0.0834" in wrong.text
        assert "nothing" in wrong.text
        assert (await browser.post(PATH, {"currency": "eur", "prices": "US 0,07\n* 0.1"})).status == 303
        page = await browser.get(preview)
        assert "1 part" in page.text
        assert "about €0.07 to US" in page.text
        assert "* 0.1" in (await browser.get(PATH)).text
        assert PATH in (await browser.get("/channels")).text
        assert (await browser.get("/channels/outgoing_mail/prices")).status == 404
    async with room.browser("viewer") as viewer:
        assert "<textarea" not in (await viewer.get(PATH)).text
        assert (await viewer.post(PATH, {"currency": "EUR", "prices": ""})).status == 403
    async with room.browser() as caller:
        headers = {"Authorization": f"Bearer {await room.token('admin')}"}
        body = {"currency": "EUR", "prices": [{"country": "CZ", "amount": "0.0834"}]}
        kept = await caller.ask("PUT", f"/api/v1{PATH}", headers=headers, json=body)
        assert (kept.status, kept.text) == (
            200,
            '{"channel":"main_number","prices":[{"country":"CZ","amount":"0.0834","currency":"EUR","source":"list"}]}',
        )
        assert (
            await caller.ask("PUT", f"/api/v1{PATH}", headers=headers, json={**body, "currency": "€"})
        ).status == 422
