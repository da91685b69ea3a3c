"""Who belongs to a segment: the one SQL statement against plain Python, row by row, and why somebody does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.model.segment import read_segment
from hub.store.audience import count, explain, members, preview, sample
from hub.store.session import Database, open_database
from hub.store.sqlite_engine import sqlite_engine
from tests.builders import NOW
from tests.hub.segments.oracle import belonging, holds
from tests.hub.segments.records_oracle import objected
from tests.hub.segments.world import CUSTOMERS, people, store

ROWS: tuple[dict[str, Any], ...] = (
    {"about": "relationship", "is": "one_of", "value": ["customer", "partner"]},
    {"about": "relationship", "is": "none_of", "value": ["customer"]},
    {"about": "language", "is": "one_of", "value": ["pt"]},
    {"about": "language", "is": "none_of", "value": ["pt-BR", "cs"]},
    {"about": "language", "is": "unknown"},
    {"about": "country", "is": "one_of", "value": ["CZ", "US"]},
    {"about": "country", "is": "known"},
    {"about": "time_zone", "is": "one_of", "value": ["Europe/Prague"]},
    {"about": "birthday", "is": "within", "days": 0},
    {"about": "birthday", "is": "within", "days": 7},
    {"about": "birthday", "is": "within", "days": 304},
    {"about": "birthday", "is": "within", "days": 363},
    {"about": "birthday", "is": "in_month", "month": 2},
    {"about": "birthday", "is": "unknown"},
    {"about": "created", "is": "within", "days": 30},
    {"about": "created", "is": "longer_ago", "days": 90},
    {"about": "fact", "is": "equal", "name": "tier", "value": "GOLD"},
    {"about": "fact", "is": "not_equal", "name": "tier", "value": "gold"},
    {"about": "fact", "is": "contains", "name": "tier", "value": "Gold"},
    {"about": "fact", "is": "equal", "name": "vip", "value": "true"},
    {"about": "fact", "is": "equal", "name": "points", "value": "250.50"},
    {"about": "fact", "is": "at_least", "name": "points", "value": "12"},
    {"about": "fact", "is": "at_most", "name": "points", "value": "-1"},
    {"about": "fact", "is": "at_least", "name": "renewal", "value": "2026-03-01"},
    {"about": "fact", "is": "in_last_days", "name": "renewal", "days": 10},
    {"about": "fact", "is": "in_next_days", "name": "renewal", "days": 8},
    {"about": "fact", "is": "known", "name": "Číslo boty"},
    {"about": "fact", "is": "unknown", "name": "tier"},
    {"about": "fact", "is": "contains", "name": "note", "value": "% “quoted” 'x' -- ;"},
    {"about": "address", "is": "has", "scheme": "tel"},
    {"about": "address", "is": "has", "scheme": "mailto", "confirmed": True},
    {"about": "address", "is": "has_not", "scheme": "whatsapp"},
    {"about": "consent", "is": "given", "scheme": "tel"},
    {"about": "consent", "is": "may_write", "scheme": "mailto"},
    {"about": "consent", "is": "may_write", "scheme": "tel"},
    {"about": "consent", "is": "withdrawn", "scheme": "tel"},
    {"about": "consent", "is": "never_asked", "scheme": "mailto", "purpose": "reminder"},
    {"about": "purchases", "is": "has"},
    {"about": "purchases", "is": "has", "days": 90},
    {"about": "purchases", "is": "has_not", "days": 30},
    {"about": "purchases", "is": "has", "times": 2},
    {"about": "purchases", "is": "has", "category": "tea"},
    {"about": "purchases", "is": "has", "sku": "A1", "days": 90},
    {"about": "purchases", "is": "has_not", "category": "tea", "sku": "B2"},
    {"about": "purchases", "is": "has", "category": "soap", "amount": "20.10", "currency": "EUR"},
    {"about": "purchases", "is": "has", "category": "soap", "times": 2},
    {"about": "purchases", "is": "has", "amount": "60.0001", "currency": "EUR"},
    {"about": "purchases", "is": "has", "currency": "CZK"},
    {"about": "appointments", "is": "has", "when": "upcoming"},
    {"about": "appointments", "is": "has", "when": "upcoming", "days": 20, "state": "booked"},
    {"about": "appointments", "is": "has_not", "when": "past"},
    {"about": "appointments", "is": "has", "when": "past", "days": 30},
    {"about": "appointments", "is": "has", "when": "past", "state": "cancelled"},
    {"about": "interactions", "is": "has", "direction": "from_them", "days": 30},
    {"about": "interactions", "is": "has_not", "direction": "from_us", "days": 7},
    {"about": "interactions", "is": "has", "direction": "from_us"},
    {"about": "interactions", "is": "has", "direction": "from_them", "medium": "survey", "days": 90, "times": 2},
    {"about": "interactions", "is": "has_not", "direction": "from_them", "medium": "sms"},
    {"about": "campaign", "is": "got", "campaign": "spring"},
    {"about": "campaign", "is": "not_got", "campaign": "summer", "days": 30},
    {"about": "campaign", "is": "got"},
    {"about": "campaign", "is": "not_got", "days": 7},
    {"about": "nps", "is": "promoter"},
    {"about": "nps", "is": "passive", "days": 60},
    {"about": "nps", "is": "detractor"},
    {"about": "nps", "is": "answered", "days": 30},
    {"about": "nps", "is": "not_answered"},
    {"about": "answer", "is": "equal", "question": "Why?", "value": "bad"},
    {"about": "answer", "is": "equal", "question": "Why?", "value": "7"},
    {"about": "answer", "is": "contains", "question": "Why?", "value": "good"},
    {"about": "answer", "is": "at_least", "question": "How likely?", "value": "9", "days": 90},
    {"about": "answer", "is": "at_most", "question": "How likely?", "value": "2"},
)


def _named(row: dict[str, Any]) -> str:
    return " ".join(str(value) for value in row.values())


@pytest.fixture(scope="module")
def conn(sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The world in SQLite, stored once for all rows."""
    file = tmp_path_factory.mktemp("world") / "hub.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    engine = sqlite_engine(f"sqlite:///{file}", begin="BEGIN IMMEDIATE")
    with engine.connect() as connection:
        store(connection, people())
        yield connection
    engine.dispose()


@pytest.mark.parametrize("row", ROWS, ids=_named)
@pytest.mark.outbound("segment-language")
def test_a_row_means_what_it_says(conn: Connection, row: dict[str, Any]) -> None:
    wanted = _agrees(conn, {"all": [row]})
    assert 0 < len(wanted) < CUSTOMERS - 1, "the world should have both kinds"


def _agrees(conn: Connection, conditions: dict[str, Any]) -> list[int]:
    segment, everybody = read_segment(conditions), people()
    wanted = belonging(segment, everybody)
    assert members(conn, segment, NOW, limit=1_000) == wanted
    assert members(conn, segment, NOW, limit=1_000_000) == wanted, "by sets"
    assert count(conn, segment, NOW) == len(wanted)
    seen = preview(conn, segment, NOW, 5)
    assert (seen.count, len(seen.customers)) == (len(wanted), min(5, len(wanted)))
    assert set(seen.customers) <= set(wanted)
    return wanted


async def test_every_row_means_the_same_on_postgresql(postgres_store_url: str) -> None:
    database = open_database(postgres_store_url)
    await database.open()
    try:
        await database.write(store, people())
        for row in ROWS:
            await database.read(_agrees, {"all": [row]})
    finally:
        await database.close()


async def test_members_come_in_pages_by_ascending_id(database: Database) -> None:
    everybody = people()
    await database.write(store, everybody)
    segment = read_segment(
        {"any": [{"about": "purchases", "is": "has"}, {"about": "address", "is": "has", "scheme": "tel"}]}
    )

    def paged(conn: Connection, size: int) -> list[int]:
        found: list[int] = []
        while page := members(conn, segment, NOW, after=found[-1] if found else 0, limit=size):
            found += page
        return found

    wanted = belonging(segment, everybody)
    for size in (1, 7, 1_000):
        assert await database.read(paged, size) == wanted


def test_everybody_but_the_merged_belongs_to_a_segment_of_nothing(conn: Connection) -> None:
    assert count(conn, read_segment({"all": []}), NOW) == CUSTOMERS - 1


def test_a_sample_is_from_all_over_and_the_same_at_every_look(conn: Connection) -> None:
    segment = read_segment({"all": []})
    first = sample(conn, segment, NOW, 10)
    assert first == sample(conn, segment, NOW, 10)
    assert min(first) < CUSTOMERS / 3
    assert max(first) > CUSTOMERS / 3 * 2


def test_why_somebody_belongs_or_not_is_told_row_by_row(conn: Connection) -> None:
    conditions = {
        "all": [
            {"about": "purchases", "is": "has", "days": 90},
            {"not": {"any": [{"about": "country", "is": "one_of", "value": ["CZ"]}]}},
        ]
    }
    segment = read_segment(conditions)
    bought, czech = [row for row, _opposite in segment.rows()]
    for person in people():
        told = [(str(sentence), so) for sentence, so in explain(conn, segment, NOW, person.id)]
        assert told[:2] == [
            ("bought something, in the last 90 days", holds(bought, person)),
            ("not: the country is “CZ”", not holds(czech, person)),
        ]
        merged, against = person.row["merged_into"] is not None, objected(person)
        assert told[2:] == [
            *[("was not merged into another customer", False)] * merged,
            *[("did not object to being chosen by what they did", False)] * against,
        ]


def test_nobody_can_be_told_of_a_customer_that_is_not_there(conn: Connection) -> None:
    with pytest.raises(NotFound):
        explain(conn, read_segment({"all": []}), NOW, 4_711)
