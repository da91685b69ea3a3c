"""Statements of batches go to PostgreSQL's driver directly: in the same transaction, with the same errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import BigInteger, Connection, Text
from sqlalchemy.exc import DBAPIError, IntegrityError

from hub.model.errors import Unavailable
from hub.store import postgres
from hub.store.batch import Batch
from hub.store.postgres_driver import changed_on_postgresql, on_postgresql
from hub.store.question import Question
from hub.store.session import Database, open_database
from tests.patience import SECONDS

_PUT = Batch({"id": BigInteger(), "word": Text()}, "INSERT INTO word (id, word) {rows}")
_ASK = Question({"word.id": BigInteger(), "word.word": Text()}, "word WHERE word.id {among} ORDER BY word.id")
_MAKE = "CREATE TEMPORARY TABLE word (id BIGINT PRIMARY KEY, word TEXT) ON COMMIT DROP"


@pytest.fixture
async def words(postgres_store_url: str) -> AsyncIterator[Database]:
    database = open_database(postgres_store_url, patience_seconds=SECONDS)
    await database.open()
    yield database
    await database.close()


def _row(number: int) -> dict[str, object]:
    return {"id": number, "word": f"w{number}"}


async def test_what_the_driver_wrote_is_seen_counted_and_undone_with_the_rest(words: Database) -> None:
    def work(conn: Connection, _: None) -> None:
        conn.exec_driver_sql(_MAKE)
        _PUT(conn, [_row(1), _row(2)])
        assert _PUT.written(conn, [(3, "w3")]) == 1
        with conn.begin_nested() as undone:
            _PUT(conn, [_row(4)])
            undone.rollback()
        assert _ASK(conn, [1, 2, 3, 4]) == [(1, "w1"), (2, "w2"), (3, "w3")]
        assert changed_on_postgresql(conn, "UPDATE word SET word = $1 WHERE id > 1", ("x",)) == 2
        assert conn.exec_driver_sql("SELECT count(*) FROM word WHERE word = 'x'").scalar() == 2

    await words.write(work, None)


async def test_the_first_statement_of_a_transaction_is_in_it(words: Database) -> None:
    def work(conn: Connection, change: bool) -> list[tuple[object, ...]]:
        changed = changed_on_postgresql(conn, "UPDATE installation SET name = name WHERE false", ())
        assert changed == 0
        return on_postgresql(conn, "SELECT pg_current_xact_id_if_assigned() IS NULL, now() = now()", ())

    assert await words.write(work, True) == [(True, True)]

    def two_moments(conn: Connection, _: None) -> bool:
        [[first]] = on_postgresql(conn, "SELECT now()", ())
        [[then]] = on_postgresql(conn, "SELECT now()", ())
        return bool(first == then)  # the time of one transaction's beginning

    assert await words.read(two_moments, None)


async def test_errors_are_those_of_sqlalchemy(words: Database) -> None:
    def twice(conn: Connection, _: None) -> None:
        conn.exec_driver_sql(_MAKE)
        _PUT(conn, [_row(1)])
        _PUT(conn, [_row(1)])

    with pytest.raises(IntegrityError) as refused:
        await words.write(twice, None)
    assert getattr(refused.value.orig, "sqlstate", "") == "23505"

    def wrong(conn: Connection, _: None) -> None:
        conn.exec_driver_sql(_MAKE)
        on_postgresql(conn, "SELECT nothing FROM word", ())

    with pytest.raises(DBAPIError, match="nothing"):
        await words.write(wrong, None)


async def test_a_connection_that_the_server_ended_is_an_outage_and_the_next_work_has_another(words: Database) -> None:
    def ended(conn: Connection, _: None) -> None:
        conn.exec_driver_sql(_MAKE)
        on_postgresql(conn, "SELECT pg_terminate_backend(pg_backend_pid())", ())

    with pytest.raises(Unavailable):
        await words.write(ended, None)
    assert await words.write(lambda conn, _: on_postgresql(conn, "SELECT 1", ()), None) == [(1,)]


async def test_a_statement_without_an_answer_is_given_up(words: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LONGEST_SECONDS", 0.2)

    def waits(conn: Connection, _: None) -> None:
        conn.exec_driver_sql(_MAKE)
        on_postgresql(conn, "SELECT pg_sleep(3600)", ())

    async with asyncio.timeout(SECONDS):
        with pytest.raises(Unavailable):
            await words.write(waits, None)
        monkeypatch.undo()
        assert await words.read(lambda conn, _: on_postgresql(conn, "SELECT 1", ()), None) == [(1,)]
