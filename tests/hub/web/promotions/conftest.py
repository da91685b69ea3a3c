"""A web room with a full hub behind it. On SQLite: what differs between the engines is tested beneath the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.session import Database, open_database
from tests.desk_world import World, fill, sending_channels
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
async def database(sqlite_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket, with staff of every role and channels that can send."""
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock, channels=sending_channels()), clock) as running:
        yield running


@pytest.fixture
async def world(room: WebRoom, database: Database, tmp_path: Path) -> World:
    """A full hub."""
    return await fill(database, tmp_path)
