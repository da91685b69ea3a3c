"""Throttles count every try, also those at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hub.store import throttle
from hub.store.session import Database
from hub.store.throttle import Try
from tests.builders import NOW, later


def _try(key: str = "a", limit: int = 5, **spans: float) -> Try:
    return Try(key=key, limit=limit, per=timedelta(minutes=15), now=later(**spans) if spans else NOW)


async def test_200_at_once_count_200(database: Database) -> None:
    waits = await asyncio.gather(*[database.submit(throttle.take, _try()) for _ in range(200)])
    assert sum(wait == 0 for wait in waits) == 5
    assert all(0 < wait <= 900 for wait in waits if wait)


async def test_keys_and_windows_count_apart(database: Database) -> None:
    for _ in range(5):
        assert await database.submit(throttle.take, _try()) == 0
    assert await database.submit(throttle.take, _try()) == 900
    assert await database.submit(throttle.take, _try("b")) == 0
    assert await database.submit(throttle.take, _try(minutes=14)) == 60
    assert await database.submit(throttle.take, _try(minutes=15)) == 0


async def test_tries_given_back_do_not_count(database: Database) -> None:
    for _ in range(9):
        assert await database.submit(throttle.take, _try()) == 0
        await database.write(throttle.give_back, [_try()])


async def test_two_orders_of_keys_do_not_wait_for_each_other(database: Database) -> None:
    async def both(first: str, second: str) -> None:
        await asyncio.gather(*[database.submit(throttle.take, _try(key, 1000)) for key in (first, second) * 20])

    await asyncio.gather(both("a", "b"), both("b", "a"))
    assert await database.submit(throttle.take, _try("a", 40)) == 900
