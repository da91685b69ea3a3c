"""Questions about many messages are answered by the index that was made for them, whatever else there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from hub.outreach.foreseeing import _DECIDED
from hub.store.deliveries import _FIND
from hub.store.prices import _OF_REFERENCES
from hub.store.session import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "asked", "by"),
    [
        pytest.param(_DECIDED, {"after": 7, "since": NOW}, "INTEGER PRIMARY KEY (rowid>?)", id="a page by ids"),
        pytest.param(_FIND, {"ids": [1, 2], "refs": ["SM1", "SM2"]}, "ix_message_reference", id="news by reference"),
        pytest.param(_OF_REFERENCES, {"references": ["SM1"]}, "ix_message_reference", id="prices by reference"),
    ],
)
async def test_messages_are_found_by_their_index(
    database: Database, statement: Any, asked: dict[str, Any], by: str
) -> None:
    def plan(conn: Connection, _: None) -> list[str]:
        made = statement.params(**asked).compile(conn, compile_kwargs={"literal_binds": True})
        return [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {made}")]

    steps = await database.read(plan, None)
    assert [step for step in steps if by in step]
    assert not [step for step in steps if "SCAN message" in step or "SCAN customer" in step]
