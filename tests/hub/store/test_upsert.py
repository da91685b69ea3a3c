"""Inserts that leave an existing row alone, and those that change it."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection, select

from hub.store.session import Database
from hub.store.tables import InstallationRow, ParticipantRow, ThrottleRow
from hub.store.upsert import insert_new, upsert
from tests.builders import NOW
from tests.hub.store.rows import names


def row(name: str, value: str = "1") -> dict[str, str]:
    return {"name": name, "value": value}


async def values(database: Database) -> dict[str, str]:
    def read(conn: Connection, _: None) -> dict[str, str]:
        found = conn.execute(select(InstallationRow.name, InstallationRow.value))
        return {name: value for name, value in found if name not in {"id", "epoch"}}

    return await database.read(read, None)


async def test_rows_already_there_keep_their_values_and_only_new_ones_are_added(database: Database) -> None:
    await database.write(lambda conn, _: insert_new(conn, InstallationRow, [row("a")]), None)
    batch = [row("a", "2"), row("b", "2"), row("c", "2"), row("b", "3")]
    await database.write(lambda conn, _: insert_new(conn, InstallationRow, batch), None)
    assert await values(database) == {"a": "1", "b": "2", "c": "2"}


async def test_one_row_says_whether_it_was_new(database: Database) -> None:
    def add(conn: Connection, _: None) -> int:
        return insert_new(conn, InstallationRow, [row("a")])

    assert [await database.write(add, None) for _ in range(3)] == [1, 0, 0]


async def test_of_many_who_add_one_row_at_once_one_hears_that_it_was_new(database: Database) -> None:
    async def add() -> int:
        return await database.write(lambda conn, _: insert_new(conn, InstallationRow, [row("once")]), None)

    assert sorted(await asyncio.gather(*[add() for _ in range(8)])) == [0] * 7 + [1]


async def test_no_rows_are_no_statement(database: Database) -> None:
    assert await database.write(lambda conn, _: insert_new(conn, InstallationRow, []), None) == 0
    await database.write(lambda conn, _: upsert(conn, InstallationRow, ("name",), []), None)
    assert await database.read(names, None) == set()


async def test_an_upsert_changes_what_is_there_and_adds_the_rest(database: Database) -> None:
    await database.write(lambda conn, _: upsert(conn, InstallationRow, ("name",), [row("a"), row("b")]), None)
    batch = [row("a", "2"), row("c", "2")]
    await database.write(lambda conn, _: upsert(conn, InstallationRow, ("name",), batch), None)
    assert await values(database) == {"a": "2", "b": "1", "c": "2"}


async def test_an_upsert_by_two_columns_takes_both_for_the_key(database: Database) -> None:
    def count(window: int, times: int) -> dict[str, object]:
        return {"key": "login", "window": window, "count": times, "expires_at": NOW}

    rows = [count(1, 5), count(2, 6)]
    await database.write(lambda conn, _: upsert(conn, ThrottleRow, ("key", "window"), rows), None)
    await database.write(lambda conn, _: upsert(conn, ThrottleRow, ("key", "window"), [count(1, 7)]), None)
    found = await database.read(
        lambda conn, _: conn.execute(select(ThrottleRow.window, ThrottleRow.count).order_by(ThrottleRow.window)).all(),
        None,
    )
    assert [tuple(each) for each in found] == [(1, 7), (2, 6)]


async def test_a_row_that_breaks_another_rule_is_an_error_not_passed_over(database: Database) -> None:
    orphan = {"conversation_id": 4711, "address": "mailto:ada@example.com"}
    try:
        await database.write(lambda conn, _: insert_new(conn, ParticipantRow, [orphan]), None)
    except Exception as error:  # noqa: BLE001  # the engines name it differently
        assert "foreign key" in str(error).lower()  # noqa: PT017
    else:
        raise AssertionError("a conflict of another kind was swallowed")
