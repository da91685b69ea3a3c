"""Writing in a real browser: by keys, with canned texts, kept as one types, a file sent as soon as it is chosen."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import Connection

from hub.desk import canned
from hub.model.contact import Party
from hub.store import canned as kept
from hub.store import staff
from tests.browser.conftest import SignIn
from tests.browser.pictures import keep_picture
from tests.builders import incoming, later, mail, who
from tests.desk_world import World, actor, take
from tests.servers.chromium import Pages
from tests.web_room import WebRoom


@pytest_asyncio.fixture(loop_scope="session")
async def talk(full_room: tuple[WebRoom, World]) -> str:
    """The address of a conversation with several people, a canned text, and a signature for who answers."""
    room, world = full_room
    both = (Party(who("support@example.com")), Party(who("bob@example.com"), "Bob"))
    asked = mail(id="all@example.com", in_reply_to="a1@example.com", at=later(hours=1), recipients=both)
    await take(room.services.database, incoming(asked))

    def furnish(conn: Connection, staff_id: int) -> None:
        words = "Dear {{ customer.first_name }}, we are open until six."
        canned.add(conn, "hours", "en", words, actor(staff_id), shared=True)
        canned.add(conn, "holiday", "en", "We are closed.", actor(staff_id), shared=True)
        kept.set_signatures(conn, staff_id, {"outgoing_mail": "Eva\n{{ business.name }}"})
        staff.set_profile(conn, staff_id, display_name="Eva", language="", time_zone="", signature="")

    await room.services.database.write(furnish, room.ids["agent"])
    return str(room.url(f"/conversations/{world.conversation}"))


async def shoot(page: Page, name: str) -> None:
    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0, f"{name} is {beyond} px too wide"
    await keep_picture(page, f"writing-{name}")


async def test_a_mail_is_written_by_keys_and_kept_as_it_is_typed(
    talk: str, sign_in: SignIn, browser_pages: Pages
) -> None:
    page = await sign_in("agent")
    await page.goto(talk)
    text = page.locator("#composer textarea")
    await page.keyboard.press("r")
    await page.keyboard.type("/ho")
    await expect(page.locator(".choices li")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await shoot(page, "choices")
    await page.keyboard.press("Enter")
    await expect(text).to_have_value("Dear Ada, we are open until six.\n\n-- \nEva\nExample Ltd")
    await page.keyboard.type(" Come by.")
    await expect(page.locator("#drafting")).to_contain_text("Kept as a draft", timeout=20_000)
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    await expect(page.locator("[name=cc]")).to_have_value("Bob <bob@example.com>")
    await expect(text).to_be_focused()
    await page.locator("[type=file]").set_input_files(
        {"name": "Účtenka.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4" * 2000}
    )
    await expect(page.locator("#composer .files")).to_contain_text("Účtenka.pdf")
    await expect(text).to_have_value("Dear Ada, we are open until six. Come by.\n\n-- \nEva\nExample Ltd")
    await page.locator(".below summary").click()
    await shoot(page, "reply-all")
    await text.press("Control+Enter")
    await expect(page.locator("#held")).to_contain_text("It leaves in")
    await expect(page.locator(".entry.planned").first).to_contain_text("Come by.")
    await shoot(page, "held")
    await page.keyboard.press("Escape")
    await page.keyboard.press("u")
    await expect(page.locator("#composer .files")).to_contain_text("Účtenka.pdf")
    await expect(text).to_have_value("Dear Ada, we are open until six. Come by.\n\n-- \nEva\nExample Ltd")
    await page.locator("body").press("f")
    await expect(page.locator("[name=subject]")).to_have_value("Fwd: A question")
    await shoot(page, "forward")
    assert browser_pages.errors == []


async def test_the_pages_of_writing_fit_a_phone_and_complain_of_nothing(
    talk: str, full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages
) -> None:
    room, world = full_room
    page = await sign_in("agent", width=360, height=740, color_scheme="dark")
    for name, path in {
        "all": f"{talk}?mode=reply_all",
        "pass on": f"{talk}?mode=forward&about={world.mail}",
        "new": str(room.url("/write")),
        "text": str(room.url("/canned/1")),
        "profile": str(room.url("/profile")),
    }.items():
        await page.goto(path)
        await shoot(page, f"phone-{name}")
    assert browser_pages.errors == []
