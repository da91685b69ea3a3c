"""The page of problems in a real browser: wide and narrow, light and dark, with a number in the navigation."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import Connection

from hub.insight.finders import found
from hub.store import leases, problems
from tests.browser.conftest import SignIn
from tests.browser.pictures import keep_picture
from tests.builders import NOW, later
from tests.desk_world import World
from tests.servers.chromium import Pages
from tests.web_room import WebRoom

FOUND = [
    found(
        "login",
        "support_mail",
        since=later(hours=-3),
        said="imap.example.com:993 refuses the login of support@example.com. [AUTHENTICATIONFAILED] No such account",
    ),
    found("twilio_30034", "main_number", since=later(days=-1), count=12, said="30034 US A2P 10DLC - unregistered"),
    found("disk_low", "data", free="1.4 GB", total="40.0 GB"),
    found("backup_old", "hub", when="2026-02-20 02:00 UTC"),
    found("channel_paused", "outgoing_mail", said="paused by The admin"),
    found("job_late", "plan", minutes=7),
]


def note(conn: Connection, _: None) -> None:
    problems.note(conn, "test", FOUND, NOW)
    for name in ("needs_you", "plan", "recall main_number"):
        leases.note_run(conn, name, NOW, later(minutes=1) - NOW, "")


@pytest.mark.parametrize(
    "window",
    [
        {"width": 1280},
        {"width": 360, "height": 740, "color_scheme": "dark"},
    ],
    ids=["wide", "narrow dark"],
)
async def test_problems_are_read_without_scrolling_sideways(
    full_room: tuple[WebRoom, World], sign_in: SignIn, browser_pages: Pages, window: dict[str, Any]
) -> None:
    room, _ = full_room
    await room.services.database.write(note, None)
    page = await sign_in("admin", **window)
    await page.goto(str(room.url("/needs-you")))
    await expect(page.get_by_role("heading", name="refuses the login of support_mail")).to_be_visible()
    await expect(page.locator(".count")).to_have_text("5")
    beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert beyond <= 0
    await keep_picture(page, f"needs-{'-'.join(map(str, window.values()))}")
    assert browser_pages.errors == []


async def test_the_key_leads_there_and_a_problem_is_put_off(full_room: tuple[WebRoom, World], sign_in: SignIn) -> None:
    room, _ = full_room
    await room.services.database.write(note, None)
    page = await sign_in("agent")
    await page.keyboard.press("g")
    await page.keyboard.press("e")
    await page.wait_for_url("**/needs-you")
    await page.locator("article", has_text="nearly full").get_by_role("button", name="Later").click()
    await expect(page.locator("article", has_text="nearly full")).to_have_count(0)
    await expect(page.locator(".count")).to_have_text("4")
    await page.get_by_text("1 problem is put off").click()
    await expect(page.get_by_text("The disk of the data folder is nearly full")).to_be_visible()
