"""The audit log: a chain that shows every change, whoever appends at the same time."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, delete, update

from hub.store import audit
from hub.store.session import Database
from hub.store.tables import AuditRow
from tests.builders import NOW

KEY = b"k" * 32


def _actor(name: str = "ada@example.com") -> audit.Actor:
    return audit.Actor(name=name, at=NOW, key=KEY, staff_id=1, ip="203.0.113.7")


async def _fill(database: Database, count: int = 4) -> None:
    for number in range(count):
        await database.write(
            lambda conn, each: audit.note(conn, _actor(), "staff.invited", f"staff/{each}", {"b": 1, "a": "ü"}), number
        )


async def _broken(database: Database) -> int | None:
    return await database.read(audit.broken_at, KEY)


async def test_untouched_log_is_whole(database: Database) -> None:
    assert await _broken(database) is None
    await _fill(database)
    assert await _broken(database) is None
    assert await database.read(audit.broken_at, b"x" * 32) is not None


@pytest.mark.parametrize(
    "column",
    [{"actor": "eve"}, {"action": "x"}, {"subject": "x"}, {"detail": {}}, {"ip": ""}, {"staff_id": None}, {"at": NOW}],
    ids=lambda column: next(iter(column)),
)
async def test_changed_row_is_found(database: Database, column: dict[str, object]) -> None:
    await database.write(
        lambda conn, _arg: audit.note(
            conn, audit.Actor(name="a", at=NOW.replace(hour=1), key=KEY, staff_id=1, ip="b"), "c", "d", {"e": 1}
        ),
        None,
    )
    await _fill(database)
    first = min(row["id"] for row in await database.read(audit.page, None))
    await database.write(
        lambda conn, one: conn.execute(update(AuditRow).where(AuditRow.id == one).values(**column)).rowcount, first
    )
    assert await _broken(database) == first


@pytest.mark.parametrize(("removed", "found"), [("second", "third"), ("newest", 0)])
async def test_removed_row_is_found(database: Database, removed: str, found: str | int) -> None:
    await _fill(database)
    ids = sorted(row["id"] for row in await database.read(audit.page, None))
    gone = ids[1] if removed == "second" else ids[-1]

    def remove(conn: Connection, row: int) -> None:
        conn.execute(delete(AuditRow).where(AuditRow.id == row))

    await database.write(remove, gone)
    assert await _broken(database) == (ids[2] if found == "third" else found)


async def test_many_who_append_at_once_make_one_chain(database: Database) -> None:
    await asyncio.gather(
        *[
            database.write(lambda conn, each: audit.note(conn, _actor(f"n{each}"), "act", str(each)), number)
            for number in range(40)
        ]
    )
    assert len(await database.read(lambda conn, _arg: audit.page(conn, limit=100), None)) == 40
    assert await _broken(database) is None


async def test_pages_go_back_from_the_newest(database: Database) -> None:
    await _fill(database, 7)
    newest = await database.read(lambda conn, _arg: audit.page(conn, None, 3), None)
    older = await database.read(lambda conn, last: audit.page(conn, last, 3), newest[-1]["id"])
    assert [row["subject"] for row in newest + older] == [f"staff/{number}" for number in range(6, 0, -1)]
    assert newest[0]["detail"] == {"a": "ü", "b": 1}
