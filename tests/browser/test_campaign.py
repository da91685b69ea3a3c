"""A campaign in a real browser: its template seen live, its plan read, launched, paused, finished, its results read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import signed_in_to
from tests.browser.pictures import keep_picture
from tests.promoting import Promoting, promoting
from tests.servers.chromium import Pages


@pytest_asyncio.fixture(loop_scope="session")
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        yield running


async def sign_in(shop: Promoting, browser_pages: Pages, **window: Any) -> Page:
    return await signed_in_to(shop.room, browser_pages, "marketer", **window)


async def fill_in(page: Page) -> None:
    await page.fill("[name=title]", "Winter offer")
    await page.select_option("[name=segment]", "customers")
    await page.select_option("[name=template]", "winter_offer")
    await page.check("[name=when][value=now]")


@pytest.mark.outbound("pause", "plan-audience")
async def test_a_campaign_is_previewed_planned_launched_paused_and_finished(
    shop: Promoting, browser_pages: Pages
) -> None:
    page = await sign_in(shop, browser_pages)
    await page.goto(str(shop.room.url("/segments/customers")))
    await page.get_by_role("button", name="Write to them").click()
    await expect(page.locator("[name=segment]")).to_have_value("customers")
    await expect(page.locator("#people")).to_contain_text("4 people now")
    await fill_in(page)
    await page.get_by_text("Values for the template").click()
    await page.fill("[name=variables]", "code = WINTER10")
    await page.fill("[name=who]", "ada")
    mail = page.frame_locator("iframe.mail")
    await expect(mail.locator("body")).to_contain_text("Hello Ada, your code is WINTER10.")
    await page.get_by_role("button", name="Make the campaign").click()
    await page.get_by_role("button", name="Look at the flight plan").click()
    figures = page.locator(".figures")
    await expect(figures).to_contain_text("4 people in the segment")
    await expect(figures).to_contain_text("2 messages would be written")
    await expect(page.locator("main")).to_contain_text("have not agreed to offers")
    await expect(page.locator(".samples")).to_contain_text("your code is WINTER10")
    await page.get_by_role("button", name="Launch 2 messages").click()
    await expect(page.locator("#campaign")).to_contain_text("waits for its time")

    await shop.clockwork.runs.run_once()
    await expect(page.locator("#progress")).to_contain_text("waits: 2")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator(".said")).to_contain_text("2 do not go out")
    await shop.tick()
    assert shop.mails() == []
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("#campaign")).to_contain_text("on its way")
    await shop.tick()
    await expect(page.locator("#progress")).to_contain_text("handed over: 2")
    await expect(page.locator("#campaign .heading")).to_contain_text("done")
    assert len(shop.mails()) == 2

    await page.get_by_role("link", name="Results").click()
    await expect(page.locator(".figures")).to_contain_text("4 people")
    await expect(page.locator(".figures")).to_contain_text("2 handed over")
    await expect(page.locator("#what")).to_contain_text("no message: have not agreed to offers")
    await page.fill("[name=who]", "mary@example.com")
    await page.get_by_role("button", name="Why, or why not?").click()
    await expect(page.locator(".answer")).to_contain_text("has not agreed to promotions")
    await keep_picture(page, "results")
    assert browser_pages.errors == []


async def test_a_template_is_seen_while_it_is_written_and_fields_are_put_in_by_a_click(
    shop: Promoting, browser_pages: Pages
) -> None:
    page = await sign_in(shop, browser_pages)
    await page.goto(str(shop.room.url("/templates/winter_offer/en?who=ada")))
    frame = page.frame_locator("iframe.mail")
    await expect(frame.locator("body")).to_contain_text("Hello Ada")
    html = page.locator("[name='face.html']")
    await html.fill("<h1>For </h1><script>parent.document.title='ran'</script>")
    await html.evaluate("field => field.setSelectionRange(8, 8)")
    await page.get_by_text("{{ customer.name }}").click()
    await expect(html).to_have_value("<h1>For {{ customer.name }}</h1><script>parent.document.title='ran'</script>")
    await expect(frame.locator("h1")).to_have_text("For Ada Lovelace")
    assert "ran" not in await page.title()
    history = await page.evaluate("history.length")
    await page.fill("[name='face.sms']", "It’s {{ customer.facts.size }}")
    await expect(page.locator("#seen")).to_contain_text("There is no customer.facts.size for this customer")
    assert await page.evaluate("history.length") == history
    assert browser_pages.errors == []


async def test_without_scripts_a_campaign_is_made_and_a_template_seen(shop: Promoting, browser_pages: Pages) -> None:
    page = await sign_in(shop, browser_pages, javascript=False, width=360)
    await page.goto(str(shop.room.url("/templates/winter_offer/en")))
    await page.fill("[name=who]", "ada")
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Show the mail").click()
    await expect(page.frame_locator("iframe.mail").locator("body")).to_contain_text("Hello Ada")
    await page.goto(str(shop.room.url("/campaigns/new")))
    await fill_in(page)
    await page.check("[name=when][value=weekly]")
    await page.get_by_role("button", name="Make the campaign").click()
    await expect(page.locator("#wrong")).to_have_text("Choose at least one day of the week.")
    await expect(page.locator("[name=title]")).to_have_value("Winter offer")
    await page.check("[name=when][value=now]")
    await page.get_by_role("button", name="Make the campaign").click()
    await page.get_by_role("button", name="Look at the flight plan").click()
    await expect(page.get_by_role("button", name="Look again")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
