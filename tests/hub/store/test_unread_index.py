"""What is not captured is a handful among millions: whoever asks for it finds it by its index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from hub.capture import reading_apart
from hub.insight import health as insight_health
from hub.insight.finders import keeping
from hub.store import health, interactions
from hub.store.session import Database

ASKED: dict[str, Callable[[Connection], object]] = {
    "what waits to be read": lambda conn: reading_apart._waiting(conn, 12),
    "what could not be read": lambda conn: interactions.quarantined(conn),
    "how much of it": insight_health.unread_count,
    "the oldest of it": lambda conn: insight_health.unread_ids(conn, 5),
    "by channel": health.channel_states,
    "for the page of problems": lambda conn: keeping.unread(conn, None),  # type: ignore[arg-type]  # asks nothing of it
}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_what_is_not_captured_is_found_by_its_index(database: Database) -> None:
    def scans(conn: Connection, _: None) -> list[str]:
        found: list[str] = []
        for name, ask in ASKED.items():
            said: list[tuple[str, Any]] = []

            def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any, said: Any = said) -> None:
                said.append((statement, values))

            event.listen(conn.engine, "before_cursor_execute", note)
            ask(conn)
            event.remove(conn.engine, "before_cursor_execute", note)
            for statement, values in said:
                plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                found += [f"{name}: {row[3]}" for row in plan if str(row[3]).startswith("SCAN arrival")]
        return found

    await database.write(lambda conn, _: conn.execute(text("ANALYZE")) and None, None)
    assert await database.read(scans, None) == []
