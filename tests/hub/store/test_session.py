"""Transactions are merged, committed once and only then answered; on both engines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text

from hub.model.errors import Unavailable
from hub.store.session import Database, open_database
from tests.hub.store.rows import names, put, put_one

light_or_not = pytest.mark.parametrize("light", [False, True], ids=["in the thread", "light"])


@light_or_not
async def test_waiting_items_of_one_work_are_merged(database: Database, light: bool) -> None:
    await database.write(put_one, "n0")
    sizes = await asyncio.gather(*[database.submit(put, f"n{number}", light=light) for number in range(1, 200)])
    assert max(sizes) >= 50
    assert await database.read(names, None) == {f"n{number}" for number in range(200)}


async def test_results_come_back_to_the_one_who_asked(database: Database) -> None:
    def echo(conn: Connection, items: Sequence[int]) -> list[int]:
        return [item * 2 for item in items]

    asked = range(300)
    assert await asyncio.gather(*[database.submit(echo, item) for item in asked]) == [item * 2 for item in asked]


@light_or_not
async def test_a_poisoned_item_fails_alone_and_its_neighbours_are_stored(database: Database, light: bool) -> None:
    await database.write(put_one, "first")
    items = [*(f"n{number}" for number in range(20)), "poison", *(f"n{number}" for number in range(20, 40))]
    works = [database.submit(put, item, light=light) for item in items]
    results = await asyncio.gather(*works, return_exceptions=True)
    failed = [item for item, result in zip(items, results, strict=True) if isinstance(result, BaseException)]
    assert failed == ["poison"]
    assert await database.read(names, None) == {"first", *items} - {"poison"}


async def test_light_items_and_others_do_not_keep_each_other_waiting(database: Database) -> None:
    await database.write(put_one, "first")
    await asyncio.gather(*[database.submit(put, f"n{number}", light=number % 3 == 0) for number in range(400)])
    assert len(await database.read(names, None)) == 401


@pytest.mark.parametrize(
    "value", [1 << 70, "a\x00b", "\ud800", object()], ids=["too large a number", "NUL", "lone surrogate", "no value"]
)
async def test_what_the_engine_cannot_hold_is_the_callers_affair_not_an_outage(
    database: Database, value: object
) -> None:
    def store(conn: Connection, what: object) -> None:
        conn.execute(text("UPDATE message SET id = :what"), {"what": what})

    try:
        await database.write(store, value)
    except Unavailable:
        pytest.fail("a caller would try again for ever")
    except Exception:  # noqa: BLE001  # which one is the engine's affair
        pass
    await database.write(put_one, "after")
    assert await database.read(names, None) == {"after"}


async def test_a_failing_work_leaves_nothing_behind(database: Database) -> None:
    def half(conn: Connection, _: None) -> None:
        put(conn, ["half"])
        raise LookupError("half way")

    with pytest.raises(LookupError):
        await database.write(half, None)
    assert await database.read(names, None) == set()


async def test_different_works_that_wait_together_each_get_their_own_end(database: Database) -> None:
    works = [database.write(put_one, f"w{number}") for number in range(20)]
    items = [database.submit(put, f"s{number}") for number in range(20)]
    results = await asyncio.gather(database.write(put_one, "poison"), *works, *items, return_exceptions=True)
    assert [isinstance(result, BaseException) for result in results] == [True] + [False] * 40
    assert len(await database.read(names, None)) == 40


async def test_a_read_sees_one_moment_and_can_write_nothing(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only|query_only"):
        await database.read(put_one, "sneaked in")
    assert await database.read(names, None) == set()

    loop = asyncio.get_running_loop()

    def twice(conn: Connection, _: None) -> tuple[set[str], set[str]]:
        before = names(conn)
        if database.engine == "sqlite":  # reads have threads of their own, so a write can be waited for in between
            asyncio.run_coroutine_threadsafe(database.write(put_one, "between"), loop).result()
        return before, names(conn)

    before, after = await database.read(twice, None)
    assert before == after


async def test_bulk_work_rests_half_as_long_as_it_worked_when_others_came_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(conn: Connection, _: None) -> None:
        conn.exec_driver_sql("SELECT 1")  # as every work does; on PostgreSQL others come while it is asked
        time.sleep(0.2)

    def quick(conn: Connection, _: None) -> None:
        return None

    rests: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        rests.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", noted)
    await database.write(quick, None)
    await database.write(slow, None, bulk=True)
    assert rests == []
    await asyncio.gather(database.write(slow, None, bulk=True), database.write(quick, None))
    assert [rest >= 0.1 for rest in rests] == [True]


async def test_closing_finishes_what_was_handed_in_and_refuses_the_rest(store_url: str) -> None:
    database = open_database(store_url)
    await database.open()
    handed_in = [asyncio.create_task(database.submit(put, f"n{number}")) for number in range(50)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    late = [asyncio.create_task(database.submit(put, f"late{number}")) for number in range(5)]
    async with asyncio.timeout(60):
        await closing
        answers = await asyncio.gather(*handed_in, *late, return_exceptions=True)
    assert not [answer for answer in answers[:50] if isinstance(answer, BaseException)]
    stored = {f"late{number}" for number, answer in enumerate(answers[50:]) if not isinstance(answer, BaseException)}
    await database.open()
    assert await database.read(names, None) == {f"n{number}" for number in range(50)} | stored
    await database.close()


async def test_a_caller_who_gives_up_harms_nobody(database: Database) -> None:
    tasks = [asyncio.create_task(database.submit(put, f"n{number}")) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert not any(isinstance(result, BaseException) for result in results[1::2])
    assert {f"n{number}" for number in range(1, 20, 2)} <= await database.read(names, None)
