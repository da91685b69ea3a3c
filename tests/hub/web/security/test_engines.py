"""Every page and every operation that looks, asked on PostgreSQL: the other tests of the web room are on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.store.session import Database, open_database
from tests.hub.web.security.conftest import Everything
from tests.hub.web.security.test_looking import ELSEWHERE


@pytest.fixture
async def database(postgres_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(postgres_store_url)
    await opened.open()
    yield opened
    await opened.close()


async def test_every_address_that_only_looks_answers(everything: Everything) -> None:
    room = everything.room
    statuses = {}
    headers = {"Authorization": f"Bearer {await room.token('admin')}"}
    async with room.browser("admin") as admin:
        for _method, path, _access in everything.routes("GET"):
            sent = headers if path.startswith("/api/") else {}
            statuses[path] = (await admin.get(everything.address(path), headers=sent)).status
    assert {path: status for path, status in statuses.items() if status != 200} == ELSEWHERE
