"""A web room over SQLite; what differs between the engines is tried without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.session import open_database
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
async def room(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket, with staff of every role."""
    database, clock = open_database(sqlite_store_url), Clock()
    await database.open()
    async with web_room(services_for(database, tmp_path, clock), clock) as running:
        yield running
    await database.close()
