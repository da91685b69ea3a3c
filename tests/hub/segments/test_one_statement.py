"""Whatever a segment says, the database is asked once for its members, once for their number, once for a sample."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from hub.model.segment import read_segment
from hub.store.audience import count, members, preview
from hub.store.sqlite_engine import sqlite_engine
from tests.builders import NOW
from tests.hub.segments.test_audience import ROWS

EVIL = "'; DROP TABLE customer; --"


@pytest.mark.outbound("segment-one-statement", "segment-no-sql")
def test_a_segment_is_one_statement_and_what_was_typed_is_never_a_part_of_it(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hub.sqlite3"
    shutil.copyfile(sqlite_template, file)
    typed = {"about": "fact", "is": "contains", "name": "note", "value": EVIL}
    segment = read_segment({"all": [typed, {"any": list(ROWS[::9])}, {"not": ROWS[-1]}]})
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = sqlite_engine(f"sqlite:///{file}", begin="BEGIN")
    with engine.begin() as conn:
        event.listen(engine, "before_cursor_execute", note)
        members(conn, segment, NOW, limit=1_000)
        count(conn, segment, NOW)
        preview(conn, segment, NOW, 5)
    engine.dispose()
    questions = [statement for statement in asked if statement not in ("BEGIN", "COMMIT")]
    assert len(questions) == 3
    assert all(statement.startswith(("SELECT", "WITH")) and "DROP" not in statement for statement in questions)
