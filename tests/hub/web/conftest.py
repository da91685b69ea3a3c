"""A web room for the tests of pages and of the API, over each engine in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.session import Database
from tests.web_room import Clock, WebRoom, services_for, web_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room on a real socket, with staff of every role."""
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock), clock) as running:
        yield running
