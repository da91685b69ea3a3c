"""SQLite in trouble: callers are told at once that nothing was stored, and the hub goes on by itself."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from hub.model.errors import Unavailable
from hub.store.session import Database, open_database
from tests.hub.store.rows import names, put, put_one

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def sqlite(sqlite_store_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_store_url)
    await opened.open()
    yield opened
    await opened.close()


def pragma(conn: Connection, words: str) -> object:
    answer = conn.exec_driver_sql(f"PRAGMA {words}")
    return answer.scalar() if answer.returns_rows else None


async def submit_all(database: Database, items: list[str], *, light: bool = False) -> list[BaseException | int]:
    works = [database.submit(put, item, light=light) for item in items]
    return await asyncio.gather(*works, return_exceptions=True)


light_or_not = pytest.mark.parametrize("light", [False, True], ids=["in the thread", "light"])


@light_or_not
async def test_a_full_disk_is_told_to_all_and_over_when_there_is_room_again(sqlite: Database, light: bool) -> None:
    pages = await sqlite.write(pragma, "page_count")
    await sqlite.write(pragma, f"max_page_count={pages}")
    long_names = [f"{number:04}{'x' * 2000}" for number in range(200)]
    answers = await submit_all(sqlite, long_names, light=light)
    told = [answer for answer in answers if isinstance(answer, BaseException)]
    assert told
    assert {type(error) for error in told} == {Unavailable}
    assert "disk is full" in str(told[0])
    stored = {name for name, answer in zip(long_names, answers, strict=True) if not isinstance(answer, BaseException)}
    assert await sqlite.read(names, None) == stored

    await sqlite.write(pragma, "max_page_count=1000000")
    assert not any(isinstance(answer, BaseException) for answer in await submit_all(sqlite, ["again1", "again2"]))


async def test_a_full_disk_within_works_that_wait_together_answers_none_of_them_with_success(sqlite: Database) -> None:
    """SQLite may roll the whole transaction back by itself, earlier works of the same batch included."""

    def large(conn: Connection, _: None) -> None:
        put(conn, ["y" * 4_000_000])

    pages = await sqlite.write(pragma, "page_count")
    await sqlite.write(pragma, f"max_page_count={int(str(pages)) + 4}")
    works = [
        sqlite.write(put_one, "first"),
        sqlite.write(large, None),
        sqlite.submit(put, "second"),
        sqlite.write(put_one, "third"),
    ]
    answers = await asyncio.gather(*works, return_exceptions=True)
    stored = await sqlite.read(names, None)
    for name, answer in zip(("first", "large", "second", "third"), answers, strict=True):
        assert (name in stored) == (not isinstance(answer, BaseException)), name


async def test_a_transaction_that_the_engine_ended_is_never_answered_with_success(sqlite: Database) -> None:
    def rolled_back(conn: Connection, _: None) -> None:
        put(conn, ["lost"])
        conn.exec_driver_sql("ROLLBACK")

    with pytest.raises(Unavailable, match="nothing was stored"):
        await sqlite.write(rolled_back, None)
    await sqlite.write(put_one, "after")
    assert await sqlite.read(names, None) == {"after"}


async def test_a_connection_made_while_the_disk_was_read_only_is_replaced(sqlite: Database) -> None:
    await sqlite.write(pragma, "query_only=ON")
    with pytest.raises(Unavailable, match="readonly"):
        await sqlite.write(put_one, "refused")
    await sqlite.write(put_one, "after")
    assert await sqlite.read(names, None) == {"after"}


@light_or_not
async def test_a_lock_of_another_process_is_told_when_patience_ends_however_many_wait(
    sqlite_store_url: str, light: bool
) -> None:
    sqlite = open_database(sqlite_store_url, patience_seconds=0.5)
    await sqlite.open()
    await sqlite.write(names, None)
    with sqlite3.connect(sqlite.url.removeprefix("sqlite:///"), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(30):  # one after the other they would take 50 s
            answers = await submit_all(sqlite, [f"n{number}" for number in range(100)], light=light)
        assert {type(answer) for answer in answers} == {Unavailable}
        assert await sqlite.read(names, None) == set(), "readers are not held up"
        other.execute("ROLLBACK")
    await sqlite.write(put_one, "after")
    assert await sqlite.read(names, None) == {"after"}
    await sqlite.close()


async def test_a_file_that_is_no_database_is_an_outage_in_words(tmp_path: Path) -> None:
    (tmp_path / "hub.sqlite3").write_bytes(b"this is no database at all" * 100)
    database = open_database(f"sqlite:///{tmp_path / 'hub.sqlite3'}")
    await database.open()
    for use in (database.write, database.read):
        with pytest.raises(Unavailable, match="not a database"):
            await use(names, None)
    await database.close()


async def test_a_closed_database_says_so(sqlite_store_url: str) -> None:
    database = open_database(sqlite_store_url)
    for use in (database.write, database.read):
        with pytest.raises(Unavailable, match="closed"):
            await use(names, None)


_QUOTA = """
import asyncio, resource, signal, sys
from hub.model.errors import Unavailable
from hub.store.session import open_database
from tests.hub.store.rows import names, put

async def main(url):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    database = open_database(url)
    await database.open()
    await database.submit(put, "before")
    free, never = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, never))
    acknowledged, refused = {"before"}, 0
    for number in range(60):
        name = f"{number}" + "z" * 3000
        try:
            await database.submit(put, name)
            acknowledged.add(name)
        except Unavailable:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, never))
    await database.submit(put, "after")
    assert refused, "the limit was never met"
    assert await database.read(names, None) == acknowledged | {"after"}
    await database.close()

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit the size of files in other ways")
def test_a_file_that_may_not_grow_loses_nothing_acknowledged_and_recovers(sqlite_store_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _QUOTA, sqlite_store_url], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr[-3000:]
