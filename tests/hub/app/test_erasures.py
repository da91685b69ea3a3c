"""A hub that starts over a restored backup erases again who was erased since, before it reads or sends anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from hub.app.hub import opened
from hub.app.rounds import Rounds
from hub.model.identity import Identity
from hub.secrets import create_hub_key
from hub.store import customers
from hub.store.erasing import again, outside
from hub.store.erasing.met import digest_of
from hub.store.tables import AuditRow, CustomerRow
from tests.builders import NOW
from tests.hub.app.test_running import settings_of

ADA = Identity("mailto", "ada@example.com")
BEFORE = {"key": "elsewhere", "customer_id": 9, "digests": [], "counts": {}, "reason": "asked", "by": "x"}


@pytest.mark.outbound("consent-erasure")
async def test_a_start_repeats_the_erasures_that_the_database_does_not_know_of(
    sqlite_store_url: str, tmp_path: Path
) -> None:
    create_hub_key(tmp_path)
    settings = settings_of(tmp_path, sqlite_store_url)

    def fill(conn: Connection, _: None) -> None:
        customers.create_customer(conn, {"display_name": "Ada Lovelace"}, [ADA], NOW)
        again.keep(conn, BEFORE, {}, NOW)

    def names(conn: Connection, _: None) -> list[str]:
        return list(conn.scalars(select(CustomerRow.display_name)))

    async with opened(settings, with_channels=False) as hub:
        await hub.database.write(fill, None)
        line = {**BEFORE, "key": "k1", "digests": [digest_of(hub.keys, str(ADA))], "at": NOW.isoformat()}
        outside.append(tmp_path, [line])
        running = asyncio.create_task(Rounds(hub, frozenset(), lambda channel: "").run())
        try:
            async with asyncio.timeout(60):
                while await hub.database.read(names, None) != [""] or len(outside.read(tmp_path)) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert await hub.database.read(lambda conn, _: list(conn.scalars(select(AuditRow.action))), None) == [
            "customer.erased_again"
        ]
    assert {line["key"] for line in outside.read(tmp_path)} == {"k1", "elsewhere"}, "each list learns of the other's"
