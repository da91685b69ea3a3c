"""A database and a web room on SQLite alone, for what both engines answer alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.session import Database, open_database
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
async def sqlite_database(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A new database with the schema, opened."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def small(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket, with staff of every role."""
    clock = Clock()
    async with web_room(services_for(sqlite_database, tmp_path, clock), clock) as running:
        yield running
