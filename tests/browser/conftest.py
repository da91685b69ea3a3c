"""A web room with a full hub behind it, and browsers that are signed in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from hub.store.session import open_database
from tests.desk_world import World, fill, sending_channels
from tests.servers.chromium import Pages
from tests.web_room import PASSWORD, Clock, WebRoom, services_for, web_room

SignIn = Callable[..., Awaitable[Page]]


@pytest.fixture
async def full_room(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[tuple[WebRoom, World]]:
    """A web room over SQLite, and what its hub holds."""
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    services = services_for(database, tmp_path, clock, channels=sending_channels())
    services = services.__class__(**{**_fields(services), "public_url": "http://127.0.0.1"})
    async with web_room(services, clock) as running:
        yield running, await fill(database, tmp_path)
    await database.close()


def _fields(services: Any) -> dict[str, Any]:
    return {name: getattr(services, name) for name in services.__slots__}


@pytest.fixture
def sign_in(full_room: tuple[WebRoom, World], browser_pages: Pages) -> SignIn:
    """Opens a window that is signed in: `await sign_in("agent", width=360, color_scheme="dark")`."""

    async def signed_in(role: str = "agent", **window: Any) -> Page:
        room, _world = full_room
        page = await browser_pages.open(**window)
        await page.goto(str(room.url("/sign-in")))
        await page.fill("[name=email]", f"{role}@hub.test")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url(str(room.url("/**")))
        return page

    return signed_in
