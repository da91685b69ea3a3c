"""PostgreSQL in trouble: Unavailable within about 2 s, nothing acknowledged is lost, and the hub goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from hub.model.errors import Unavailable
from hub.store import postgres as engine
from hub.store.session import Database, open_database
from tests.hub.store.rows import names, put, put_one
from tests.servers.postgres import Postgres


@pytest.fixture
async def store(postgres_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(postgres_store_url)
    await opened.open()
    yield opened
    await opened.close()


async def test_a_kill_during_writes_is_told_at_once_and_over_when_the_server_is_back(
    postgres: Postgres, store: Database
) -> None:
    acknowledged: set[str] = set()
    errors: list[BaseException] = []
    slowest = 0.0
    over = False

    async def write(writer: int) -> None:
        nonlocal slowest
        number = 0
        while not over:
            number += 1
            name = f"{writer}/{number}"
            started = time.monotonic()
            try:
                await store.submit(put, name)
                acknowledged.add(name)
            except Exception as error:  # noqa: BLE001  # every kind is looked at below
                errors.append(error)
                await asyncio.sleep(0.05)
            slowest = max(slowest, time.monotonic() - started)

    writers = [asyncio.create_task(write(writer)) for writer in range(20)]
    async with asyncio.timeout(60):
        while not acknowledged:  # noqa: ASYNC110  # a set has no event
            await asyncio.sleep(0.05)
    postgres.kill()
    await asyncio.sleep(0.5)
    with pytest.raises(Unavailable):
        await store.read(names, None)
    with pytest.raises(Unavailable):
        await store.write(put_one, "while it is down")
    postgres.start()  # in this thread: the server dies with the thread that started it
    before = len(acknowledged)
    await asyncio.sleep(0.5)
    over = True
    await asyncio.gather(*writers)
    assert before > 0
    assert len(acknowledged) > before, "writes go on by themselves"
    assert {type(error) for error in errors} == {Unavailable}
    assert slowest < engine.LONGEST_SECONDS, "nobody waits for an answer that cannot come"
    assert acknowledged <= await store.read(names, None)


async def test_reads_go_on_after_the_server_was_started_anew(postgres: Postgres, store: Database) -> None:
    await asyncio.gather(*[store.read(names, None) for _ in range(10)])  # the pool is full of connections
    postgres.stop()
    postgres.start()  # in this thread: the server dies with the thread that started it
    failures = 0
    for _ in range(20):
        try:
            await store.read(names, None)
        except Unavailable:
            failures += 1
    assert failures <= 1, "one caller finds out, and all connections are replaced"


async def test_connections_ended_by_the_administrator_are_an_outage_not_a_poisoned_item(
    postgres: Postgres, store: Database, postgres_store_url: str
) -> None:
    await store.write(put_one, "before")
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{postgres_store_url.rpartition('/')[2]}'"
    )
    answers = await asyncio.gather(*[store.submit(put, f"n{n}") for n in range(5)], return_exceptions=True)
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= {Unavailable}
    await store.write(put_one, "after")


@pytest.mark.parametrize("what", ["port", "database"])
async def test_a_server_or_database_that_is_not_there_is_told_in_words(postgres: Postgres, what: str) -> None:
    url = "postgresql+asyncpg://hub@127.0.0.1:1/hub" if what == "port" else postgres.url("not_there")
    database = open_database(url)
    with pytest.raises(Unavailable, match="The database cannot be used now") as raised:
        await database.open()
    assert raised.value.next_step
    await database.close()


async def test_a_work_that_never_ends_is_given_up(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a network swallows packets: the connection looks alive and nothing ever comes."""
    monkeypatch.setattr(engine, "LONGEST_SECONDS", 0.5)

    def hang(conn: Connection, _: None) -> None:
        conn.execute(text("SELECT pg_sleep(3600)"))

    with pytest.raises(Unavailable):
        await store.write(hang, None)
    monkeypatch.undo()
    await store.write(put_one, "after")


async def test_works_that_deadlock_are_run_again(store: Database) -> None:
    await store.write(put_one, "a")
    await store.write(put_one, "b")
    lock = text("UPDATE installation SET value = value || 'x' WHERE name = :name")

    def both(conn: Connection, order: tuple[str, str]) -> None:
        conn.execute(lock, {"name": order[0]})
        conn.execute(text("SELECT pg_sleep(0.2)"))
        conn.execute(lock, {"name": order[1]})

    await asyncio.gather(store.write(both, ("a", "b")), store.write(both, ("b", "a")))
    value = text("SELECT value FROM installation WHERE name = 'a'")
    assert await store.read(lambda conn, _: conn.scalar(value), None) == "xxx"


async def test_more_callers_than_connections_wait_their_turn(store: Database) -> None:
    def short(conn: Connection, number: int) -> int:
        conn.execute(text("SELECT pg_sleep(0.01)"))
        return number

    assert await asyncio.gather(*[store.write(short, number) for number in range(100)]) == list(range(100))
