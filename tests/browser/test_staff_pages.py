"""The staff pages in a real browser: wide, narrow, light, dark, with keys, with and without scripts."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.browser.pictures import keep_picture
from tests.desk_world import World
from tests.servers.chromium import Pages
from tests.web_room import WebRoom

PLACES = {
    "today": "/",
    "inbox": "/inbox?state=all",
    "conversation": "/conversations/{conversation}",
    "customer": "/customers/{ada}",
    "customers": "/customers?words=ada",
    "appointments": "/appointments",
    "appointment": "/appointments/{appointment}",
    "channels": "/channels",
    "unread": "/unread",
    "tasks": "/tasks",
    "write": "/customers/{ada}/write",
    "new": "/customers/new",
}


async def test_no_page_scrolls_sideways_or_complains(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, world = full_room
    page = await sign_in("agent")
    for name, path in PLACES.items():
        answer = await page.goto(str(room.url(path.format(**world.__dict__))))
        assert answer is not None
        assert answer.status == 200, path
        for width in (1280, 360):
            await page.set_viewport_size({"width": width, "height": 740})
            beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert beyond <= 0, f"{path} is {beyond} px too wide at {width}"
            await keep_picture(page, f"{name}-{width}")
        await page.emulate_media(color_scheme="dark")
        await keep_picture(page, f"{name}-dark")
        await page.emulate_media(color_scheme="light")
    assert browser_pages.errors == []


async def test_an_answer_is_sent_and_taken_back_without_leaving_the_page(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, world = full_room
    page = await sign_in("agent")
    await page.goto(str(room.url(f"/conversations/{world.conversation}")))
    await expect(page.get_by_text("I have read it")).to_have_count(0)
    await page.evaluate("window.same = true")
    await page.keyboard.press("r")
    await page.keyboard.type("Thursday at ten?")
    await page.keyboard.press("Control+Enter")
    queued = page.locator(".entry.planned")
    await expect(queued).to_contain_text("waits to be sent")
    await expect(page.locator("#composer textarea")).to_have_value("")
    assert await page.evaluate("window.same") is True
    await queued.get_by_role("button", name="Undo").click()
    await expect(page.locator("#composer textarea")).to_have_value("Thursday at ten?")
    await expect(page.locator(".entry.planned")).to_have_count(0)
    assert browser_pages.errors == []


async def test_rows_are_walked_and_opened_with_keys(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, _world = full_room
    page = await sign_in("agent")
    await page.keyboard.press("g")
    await page.keyboard.press("i")
    await page.wait_for_url("**/inbox")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.locator(".chosen")).to_have_count(1)
    await page.keyboard.press("o")
    await page.wait_for_url("**/conversations/*")
    assert str(room.url("/conversations/")) in page.url


async def test_older_entries_are_added_below(full_room: tuple[WebRoom, World], sign_in: SignIn) -> None:
    from tests.builders import incoming, mail
    from tests.desk_world import take

    room, world = full_room
    await take(room.services.database, *[incoming(mail(id=f"x{n}", text=f"entry {n}")) for n in range(120)])
    page = await sign_in("viewer")
    await page.goto(str(room.url(f"/customers/{world.ada}")))
    await expect(page.locator(".timeline .entry:not(.planned)")).to_have_count(50)
    await page.get_by_role("link", name="Older").click()
    await expect(page.locator(".timeline .entry:not(.planned)")).to_have_count(100)
    days = await page.locator(".timeline .day").all_inner_texts()
    assert len(days) == len(set(days))


async def test_without_scripts_everything_still_works(full_room: tuple[WebRoom, World], sign_in: SignIn) -> None:
    room, world = full_room
    page = await sign_in("agent", javascript=False)
    await page.goto(str(room.url(f"/conversations/{world.conversation}")))
    await page.fill("#composer textarea", "Written without scripts")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".entry.planned")).to_contain_text("Written without scripts")
    await page.locator("#held").get_by_role("button", name="Undo").click()
    await expect(page.locator("#composer textarea")).to_have_value("Written without scripts")
