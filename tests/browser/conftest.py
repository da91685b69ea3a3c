"""A web room with a full hub behind it, and browsers that are signed in to it.

These tests share one Chromium, so all of them and their rooms run in the loop of the session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from hub.store.session import open_database
from tests.desk_world import World, fill, sending_channels
from tests.servers.chromium import Pages
from tests.web_room import Clock, WebRoom, services_for, web_room

SignIn = Callable[..., Awaitable[Page]]

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture
def browser_pages(shared_pages: Pages) -> Pages:
    """Windows of this test in the shared browser."""
    return shared_pages


@pytest_asyncio.fixture(loop_scope="session")
async def full_room(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[tuple[WebRoom, World]]:
    """A web room over SQLite, and what its hub holds."""
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    services = services_for(database, tmp_path, clock, channels=sending_channels())
    async with web_room(replace(services, public_url="http://127.0.0.1"), clock) as running:
        yield running, await fill(database, tmp_path)
    await database.close()


async def signed_in_to(room: WebRoom, browser_pages: Pages, role: str, **window: Any) -> Page:
    """Opens a window with the cookie of a role's session; how a browser signs in is tested with the frame."""
    page = await browser_pages.open(**window)
    async with room.browser(role) as visitor:
        cookies = [
            {"name": each.key, "value": each.value, "url": str(room.url("/"))} for each in visitor.http.cookie_jar
        ]
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await page.goto(str(room.url("/")))
    return page


@pytest.fixture
def sign_in(full_room: tuple[WebRoom, World], browser_pages: Pages) -> SignIn:
    """Opens a window that is signed in: `await sign_in("agent", width=360, color_scheme="dark")`."""

    async def signed_in(role: str = "agent", **window: Any) -> Page:
        return await signed_in_to(full_room[0], browser_pages, role, **window)

    return signed_in
