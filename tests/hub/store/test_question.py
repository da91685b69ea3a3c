"""Questions read by keys what the statements of SQLAlchemy read, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from hub.store.batch import insert_batch
from hub.store.question import Question, Rows, columns_of
from hub.store.session import Database
from hub.store.tables import CustomerRow, DomainEventRow, IdentityRow, ParticipantRow

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PEOPLE: list[dict[str, Any]] = [
    {
        "id": number,
        "display_name": name,
        "relationship": "customer",
        "language": "en",
        "time_zone": "",
        "country": "",
        "note": name * 2,
        "facts": facts,
        "birthday": birthday,
        "created_at": NOW + timedelta(milliseconds=number % 1_000),
    }
    for number, name, facts, birthday in (
        (3, 'Ada "the first"', {"pet": "cat\n", "size": 1.5}, None),
        (1, "李\u2028雷\x1f", {}, NOW.date()),
        (2, "", {"nested": ["a", None, True]}, None),
        (9_007_199_254_740_993, "O'Neil", {}, None),
    )
]


def add(conn: Connection, _: None) -> None:
    conn.execute(insert(CustomerRow), PEOPLE)
    names = [{"customer_id": 1, "scheme": "ext", "value": value, "opened_at": NOW} for value in ('a"b', "c'd", "e")]
    conn.execute(insert(IdentityRow), names)


async def test_a_question_answers_as_a_select_does(database: Database) -> None:
    await database.write(add, None)
    people, some = Rows(CustomerRow), Rows(CustomerRow, ("id", "created_at"))
    named = Question(columns_of(IdentityRow.value), "identity WHERE identity.value {among}", keys="TEXT")

    def look(conn: Connection, _: None) -> Any:
        plain = conn.execute(select(CustomerRow.__table__).order_by(CustomerRow.id)).mappings()
        ids = [person["id"] for person in PEOPLE]
        values = sorted(value for (value,) in named(conn, ["e", 'a"b', "c'd", "x"]))
        return [dict(row) for row in plain], people(conn, ids), some(conn, [2, 1]), values, people(conn, [])

    plain, found, two, values, none = await database.read(look, None)
    assert found == plain
    assert two == [{"id": number, "created_at": NOW + timedelta(milliseconds=number)} for number in (1, 2)]
    assert values == ['a"b', "c'd", "e"]
    assert none == []


async def test_a_read_of_questions_alone_sees_one_moment(database: Database) -> None:
    await database.write(add, None)
    held = Question(columns_of(CustomerRow.id), "customer WHERE customer.id {among}")

    def look(conn: Connection, _: None) -> bool:
        held(conn, [1])
        return conn.in_transaction()

    assert await database.read(look, None)


async def test_what_the_database_refuses_is_told_as_by_any_statement(database: Database) -> None:
    take_part = insert_batch(ParticipantRow, ("conversation_id", "address"))
    events = insert_batch(DomainEventRow, ("kind", "customer_id", "interaction_id", "data", "at"))
    with pytest.raises(IntegrityError):
        await database.write(lambda conn, _: take_part(conn, [{"conversation_id": 77, "address": "x"}]), None)
    row: dict[str, Any] = {"kind": None, "customer_id": None, "interaction_id": None, "data": {}, "at": NOW}
    with pytest.raises(IntegrityError):
        await database.write(lambda conn, _: events(conn, [row]), None)
