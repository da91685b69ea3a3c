"""A database of one engine, and workers that wait a short time only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.capture import polling
from hub.store.session import Database, open_database


@pytest.fixture
async def store(sqlite_store_url: str) -> AsyncIterator[Database]:
    """A database of the one engine; what differs between the two has its own test."""
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def quick_pollers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that try again, and look for a lease, after a tenth of a second."""
    monkeypatch.setattr(polling, "_FIRST_WAIT", 0.1)
    monkeypatch.setattr(polling, "_WAITS_FOR_LEASE", 0.1)
