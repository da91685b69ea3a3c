"""The feed of events misses nothing, though transactions end in another order than they began."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from hub.insight import feed
from hub.store.jobs import emit
from hub.store.session import open_database
from tests.builders import NOW, later


def happen(conn: Connection, kind: str) -> None:
    """Notes that something happened."""
    emit(conn, [{"kind": kind, "customer_id": None, "interaction_id": None, "data": {}, "at": NOW}])


def kinds(conn: Connection, after: int) -> list[str]:
    """Returns what the feed tells now."""
    return [event.kind for event in feed.events(conn, later(minutes=1), after=after)]


async def test_an_event_waits_for_an_earlier_one_whose_transaction_still_runs(postgres_store_url: str) -> None:
    engine = create_async_engine(postgres_store_url)
    database = open_database(postgres_store_url)
    await database.open()
    try:
        await database.write(happen, "before")
        async with engine.connect() as slow:
            await slow.run_sync(happen, "slow")
            await database.write(happen, "fast")
            assert await database.read(kinds, 0) == ["before"]
            await slow.commit()
        assert await database.read(kinds, 0) == ["before", "slow", "fast"]
        assert await database.read(kinds, 1) == ["slow", "fast"]
    finally:
        await database.close()
        await engine.dispose()
