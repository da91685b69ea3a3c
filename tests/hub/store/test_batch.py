"""Many rows in one statement, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.store.batch import insert_batch, update_batch
from hub.store.session import Database
from hub.store.tables import ArrivalRow, DomainEventRow, InstallationRow
from tests.builders import NOW
from tests.hub.store.rows import names

ARRIVALS = insert_batch(
    ArrivalRow,
    ("channel", "key", "state", "reason", "interaction_id", "raw", "raw_blob", "content_type", "note", "received_at"),
    returning="channel, key",
)
NAMES = insert_batch(InstallationRow, ("name", "value"))
VALUES = update_batch(InstallationRow, "name", ("value",))


def arrival(key: str, **more: Any) -> dict[str, Any]:
    return {
        "channel": "main_number", "key": key, "state": "captured", "reason": "", "interaction_id": None, "raw": None,
        "raw_blob": None, "content_type": "", "note": None, "received_at": NOW, **more,
    }  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 3, 127, 128, 300])
async def test_however_many_rows_there_are_all_are_stored(database: Database, count: int) -> None:
    rows = [{"name": f"n{number}", "value": "x"} for number in range(count)]
    await database.write(NAMES, rows)
    assert await database.read(names, None) == {row["name"] for row in rows}


async def test_every_kind_of_value_comes_back_as_it_was(database: Database) -> None:
    row = arrival(
        "a", interaction_id=1 << 62, raw=b"\x00\xff'", note={"hook": "text", "š": [1, None]}, reason="it's {x}"
    )

    def read(conn: Connection, _: None) -> dict[str, Any]:
        return dict(conn.execute(select(ArrivalRow.__table__)).one()._mapping)

    await database.write(ARRIVALS, [row])
    stored = await database.read(read, None)
    assert {name: stored[name] for name in row} == row


async def test_values_without_bytes_come_back_as_they_were_too(database: Database) -> None:
    events = insert_batch(DomainEventRow, ("kind", "customer_id", "interaction_id", "data", "at"))
    said = {"š": 'it\'s "{x}" \\ null\n', "none": None, "many": [1 << 53, True, {"a": []}], "empty": ""}
    rows = [
        {"kind": "null", "customer_id": None, "interaction_id": (1 << 62) + 1, "data": said, "at": NOW},
        {"kind": '\\"', "customer_id": None, "interaction_id": None, "data": {}, "at": NOW},
    ]

    def read(conn: Connection, _: None) -> list[dict[str, Any]]:
        found = conn.execute(select(DomainEventRow.__table__).order_by(DomainEventRow.id))
        return [dict(row._mapping) for row in found]

    await database.write(events, rows)
    assert [{name: row[name] for name in rows[0]} for row in await database.read(read, None)] == rows


async def test_only_rows_that_are_new_are_stored_and_returned(database: Database) -> None:
    await database.write(ARRIVALS, [arrival("a", reason="first")])
    new = await database.write(ARRIVALS, [arrival("b"), arrival("a", reason="second"), arrival("c"), arrival("b")])
    assert {tuple(row) for row in new} == {("main_number", "b"), ("main_number", "c")}

    def reasons(conn: Connection, _: None) -> set[str]:
        return set(conn.scalars(select(ArrivalRow.reason)))

    assert await database.read(reasons, None) == {"first", ""}


async def test_each_row_is_changed_by_its_own_key(database: Database) -> None:
    await database.write(NAMES, [{"name": f"n{number}", "value": "x"} for number in range(5)])
    await database.write(VALUES, [{"name": f"n{number}", "value": f"v{number}"} for number in range(1, 4)])

    def read(conn: Connection, _: None) -> dict[str, str]:
        found = conn.execute(select(InstallationRow.name, InstallationRow.value))
        return {name: value for name, value in found if name.startswith("n")}

    assert await database.read(read, None) == {"n0": "x", "n1": "v1", "n2": "v2", "n3": "v3", "n4": "x"}
