"""Words typed into a hosted form come back when the database cannot take them."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
from aiohttp.test_utils import TestServer

from hub.config import Limits
from hub.store.session import Database, open_database
from hub.store.tables import (
    InteractionRow,
)
from hub.web.app import make_app
from tests.hub.forms.visitor import TYPED, count, hidden
from tests.web_room import WebRoom, test_settings


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Lets another program hold what a submission is written to, as a long migration or a dying disk does."""
    if database.engine == "sqlite":
        with sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    other = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    async with other.transaction():
        await other.execute("LOCK TABLE throttle, arrival IN ACCESS EXCLUSIVE MODE")
        yield
    await other.close()


async def test_when_patience_with_the_database_ends_the_words_come_back(room: WebRoom, tmp_path: Path) -> None:
    impatient = test_settings(tmp_path, limits=Limits(patience_seconds=0.5))
    server = TestServer(make_app(replace(room.services, settings=impatient)))
    await server.start_server()
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        room.clock.advance(seconds=20)
        async with (
            held(room.services.database),
            browser.http.post(server.make_url("/f/contact"), data={**hidden(page), **TYPED}) as response,
        ):
            text = await response.text()
        assert (response.status, "your price list." in text) == (503, True)
        assert hidden(text)["submission"] == hidden(page)["submission"]
        again = await browser.ask("POST", "/f/contact", data={**hidden(text), **TYPED})
    await server.close()
    assert again.status == 303
    assert await count(room, InteractionRow) == 1


async def test_words_typed_into_a_form_that_nobody_here_has_seen_are_kept_too(room: WebRoom, tmp_path: Path) -> None:
    never_opened = open_database(f"sqlite:///{tmp_path / 'none.sqlite3'}")
    server = TestServer(make_app(replace(room.services, database=never_opened)))
    await server.start_server()
    async with room.browser() as browser:
        page = await browser.get("/f/contact")
        async with browser.http.post(server.make_url("/f/contact"), data={**hidden(page), **TYPED}) as response:
            text = await response.text()
    await server.close()
    assert (response.status, "your price list." in text) == (503, True)
    assert hidden(page)["submission"] in text
