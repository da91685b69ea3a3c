"""A file of many rows by a page: worked on beside the requests, shown while it lasts, told when it has ended."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from sqlalchemy import update

from hub.store.tables import FileImportRow
from hub.web.pages import file_import
from tests.web_room import Answer, Browser, WebRoom

ROWS = 260
FILE = "sku,name,price\n" + "".join(f"S{number},Thing {number},{number % 90 + 1}.50\n" for number in range(ROWS))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page waits for what became of a file."""
    monkeypatch.setattr(file_import, "_SECONDS", 0)


async def _try(browser: Browser, content: str = FILE) -> Answer:
    await browser.get("/products/import")
    form = aiohttp.FormData({"csrf": browser.token, "do": "try"})
    form.add_field("file", content.encode(), filename="products.csv")
    return await browser.ask("POST", "/products/import", data=form)


async def _told(browser: Browser, path: str) -> str:
    async with asyncio.timeout(60):
        while "Rows so far" in (page := await browser.get(path)).text:
            assert 'hx-trigger="every 1s"' in page.text
            assert "Try it" not in page.text
            await asyncio.sleep(0.05)
    return page.text


async def test_a_page_shows_how_far_a_file_is_and_then_what_became_of_it(room: WebRoom) -> None:
    async with room.browser("agent") as browser:
        first = await _try(browser)
        assert (first.status, "file=" in first.headers["Location"]) == (303, True)
        tried = await _told(browser, first.headers["Location"])
        assert "Tried only" in tried
        assert f"New: {ROWS}" in tried
        kept = tried.partition('name="kept" value="')[2].partition('"')[0]
        second = await browser.post("/products/import", {"kept": kept, "do": "import"})
        taken = await _told(browser, second.headers["Location"])
        assert f"New: {ROWS}" in taken
        assert "The first 200 rows are shown" in taken
        again = await _told(browser, (await _try(browser)).headers["Location"])
        assert f"as before: {ROWS}" in again
    async with room.browser("admin") as other:
        assert (await other.get(first.headers["Location"])).status == 404, "another one's file is nobody's business"


async def test_a_file_that_cannot_be_used_says_so_where_its_progress_stood(room: WebRoom) -> None:
    async with room.browser("agent") as browser:
        answer = await _try(browser, "colour\nred\n")
        assert 'role="alert"' in await _told(browser, answer.headers["Location"])


async def test_a_file_over_which_its_process_ended_is_not_waited_for(room: WebRoom) -> None:
    async with room.browser("agent") as browser:
        path = (await _try(browser)).headers["Location"]
        await _told(browser, path)
        await room.services.database.write(lambda conn, _: conn.execute(_UNDER_WAY), None)
        room.clock.advance(minutes=3)
        assert "was restarted over this file" in (await browser.get(path)).text


_UNDER_WAY = update(FileImportRow).values(state="under_way")
