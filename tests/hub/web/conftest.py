"""A web room for the tests of pages and of the API.

On SQLite: what differs between the engines is tested beneath the web room, and `security/test_engines.py` asks every
address on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.session import Database
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
def store_url(sqlite_store_url: str) -> str:
    """A new database with the schema."""
    return sqlite_store_url


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket, with staff of every role."""
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock), clock) as running:
        yield running
