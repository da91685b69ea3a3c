"""A sequence in a real browser: written in rows, drawn, switched on, somebody let in, and what came of each step."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import expect

from tests.browser.test_campaign import sign_in
from tests.promoting import Promoting, promoting
from tests.servers.chromium import Pages


@pytest_asyncio.fixture(loop_scope="session")
async def shop(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Promoting]:
    async with promoting(sqlite_store_url, tmp_path) as running:
        yield running


async def test_a_sequence_is_written_drawn_and_followed(shop: Promoting, browser_pages: Pages, tmp_path: Path) -> None:
    page = await sign_in(shop, browser_pages)
    pictures = Path(os.environ.get("SCREENSHOTS", tmp_path))
    await page.goto(str(shop.room.url("/sequences/new")))
    await page.fill("[name=title]", "After a question")
    await page.get_by_text("Name, for files and the API").click()
    await page.fill("[name=name]", "after_question")
    await page.select_option("[name='s0.template']", "winter_offer")
    await page.select_option("[name='s0.channel']", "outgoing_mail")
    await page.select_option("[name=new_kind]", "branch")
    await page.get_by_role("button", name="Add a step").click()
    await page.select_option("[name='s3.asks']", "fact")
    await page.fill("[name='s3.asked']", "tier")
    await page.fill("[name='s3.value']", "gold")
    await page.select_option("[name='s3.yes']", "call")
    await page.select_option("[name='s3.no']", "end")
    await page.select_option("[name='s1.silent']", "branch_1")
    await page.get_by_role("button", name="Make the sequence").click()
    await expect(page.locator(".flow")).to_contain_text("“tier” is gold")
    await page.get_by_role("button", name="Switch it on").click()
    await page.get_by_text("Let somebody in by hand").click()
    await page.fill("[name=who]", "ada@example.com")
    await page.get_by_role("button", name="Let them in").click()
    await shop.clockwork.sequences.run_once()
    await page.reload()
    await expect(page.locator("table")).to_contain_text("first_message")
    await page.screenshot(path=pictures / "enrolment.png", full_page=True)
    await page.goto(str(shop.room.url("/sequences/after_question")))
    await expect(page.locator("#step-answer")).to_contain_text("here now: 1")
    await page.screenshot(path=pictures / "sequence.png", full_page=True)
    await page.set_viewport_size({"width": 360, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    await page.screenshot(path=pictures / "sequence_360.png", full_page=True)
    assert browser_pages.errors == []
