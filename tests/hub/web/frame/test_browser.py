"""The frame in a real browser: without scripts, in a narrow window, by keys, in both themes, under its own policy."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from hub.store.session import open_database
from tests.servers.chromium import Pages, pages
from tests.web_room import PASSWORD, Clock, WebRoom, services_for, web_room

# They share a browser, and most of them a window that one administrator signed in to.
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebRoom]:
    """A web room over SQLite for every test of the module."""
    folder = tmp_path_factory.mktemp("frame")
    database, clock = open_database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'hub.sqlite3')}"), Clock()
    await database.open()
    async with web_room(services_for(database, folder, clock), clock) as running:
        yield running
    await database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def windows(shared_chromium: Browser) -> AsyncIterator[Pages]:
    """The windows of the module."""
    async with pages(shared_chromium) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def signed_in(room: WebRoom, windows: Pages) -> Page:
    """A window that an administrator signed in to."""
    page = await windows.open()
    await _sign_in(page, room, "admin")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def page(room: WebRoom, windows: Pages, signed_in: Page) -> AsyncIterator[Page]:
    """That window, wide, light and at the profile; whatever a test does, nothing in it may complain."""
    await signed_in.set_viewport_size({"width": 1280, "height": 800})
    await signed_in.emulate_media(color_scheme="light")
    await signed_in.goto(str(room.url("/profile")))
    yield signed_in
    assert windows.errors == []


async def _sign_in(page: Page, room: WebRoom, role: str) -> None:
    await page.goto(str(room.url("/sign-in?next=/profile")))
    await page.fill("[name=email]", f"{role}@hub.test")
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/profile")


@pytest.mark.parametrize("width", [360, 1280])
async def test_pages_fit_the_window(room: WebRoom, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    for path in ("/profile", "/staff", "/tokens", "/audit", "/sign-in"):
        await page.goto(str(room.url(path)))
        over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (path, over) == (path, 0)


async def test_everything_works_without_scripts(room: WebRoom, windows: Pages) -> None:
    page = await windows.open(javascript=False)
    await _sign_in(page, room, "viewer")
    await page.fill("[name=display_name]", "The viewer Grace")
    await page.click("text=Save")
    assert await page.inner_text(".said") == "Saved."
    await page.reload()
    assert await page.locator(".said").count() == 0
    await page.click("details.self summary")
    await page.click("text=Dark theme")
    await page.wait_for_load_state()
    assert await page.get_attribute("html", "data-theme") == "dark"
    await page.click("details.self summary")
    await page.click("text=Sign out")
    await page.wait_for_url("**/sign-in")


async def test_keys_lead_to_places_and_rows(page: Page) -> None:
    await page.keyboard.type("gs")
    await page.wait_for_url("**/staff")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await page.locator("[data-row].chosen td").first.inner_text() == "The agent"
    await page.keyboard.press("k")
    assert (await page.locator("[data-row].chosen td").first.inner_text()).startswith("The admin")
    await page.keyboard.press("n")
    await page.keyboard.type("gs?")
    assert await page.input_value("section [name=display_name]") == "gs?"
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    assert await page.locator("dialog[open] dd", has_text="Audit log").count() == 1
    await page.keyboard.press("Escape")
    assert await page.locator("dialog[open]").count() == 0


async def test_ctrl_enter_sends_the_form(page: Page) -> None:
    await page.fill("[name=signature]", "Yours")
    await page.press("[name=signature]", "Control+Enter")
    await page.wait_for_selector(".said")
    assert await page.input_value("[name=signature]") == "Yours"


async def test_first_tab_offers_to_skip_to_the_content(page: Page) -> None:
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_is_legible_in_both_themes(room: WebRoom, page: Page, scheme: Literal["light", "dark"]) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.goto(str(room.url("/staff")))
    weak = await page.evaluate(_CONTRASTS)
    assert weak == []


async def test_htmx_sends_the_form_token_and_follows_redirects(page: Page) -> None:
    await page.evaluate(
        """() => {
            const form = document.querySelector("form.form");
            form.querySelector("[name=csrf]").remove();
            form.setAttribute("hx-post", "/profile");
            form.setAttribute("hx-target", "#content");
            htmx.process(form);
        }"""
    )
    await page.fill("[name=display_name]", "The admin, by htmx")
    await page.click("text=Save")
    await page.wait_for_selector(".said")
    assert await page.input_value("[name=display_name]") == "The admin, by htmx"
    assert await page.locator("main main").count() == 0


async def test_script_in_a_name_is_shown_as_text(room: WebRoom, page: Page) -> None:
    hostile = "The admin <img src=x onerror=alert(1)>'\"</script>"
    await page.fill("[name=display_name]", hostile)
    await page.click("text=Save")
    await page.goto(str(room.url("/staff")))
    assert await page.locator("td", has_text=hostile).count() == 1


# WCAG 2.2 success criterion 1.4.3: 4.5 to 1 between a text and what it stands on.
_CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
        .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const colour = rgb(getComputedStyle(each).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
    };
    const weak = [];
    for (const element of document.querySelectorAll("main *, header *, .banner *, .banner")) {
        const said = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!said || element.getClientRects().length === 0) continue;
        const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        if (contrast < 4.5) weak.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)} ${contrast}`);
    }
    return weak;
}"""
