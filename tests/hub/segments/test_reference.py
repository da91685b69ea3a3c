"""Whatever a segment says: SQL on both engines, by sets and by look-ups, and the reasons told, agree with Python."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from hub.model.segment import Group, Node, Not, Segment
from hub.store.audience import belongs, explain, members, preview
from hub.store.backup.places import in_postgres
from hub.store.sqlite_engine import sqlite_engine
from tests.builders import NOW
from tests.hub.segments.oracle import belonging, holds
from tests.hub.segments.person import Person
from tests.hub.segments.trees import segments
from tests.hub.segments.world import people, store
from tests.soak import examples

# Leap days, the end of a year, an hour at which the day is another one in UTC; today's world besides.
MOMENTS = (
    NOW,
    datetime(2028, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
    datetime(2027, 2, 28, 0, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    datetime(2026, 3, 2, 8, 30, tzinfo=ZoneInfo("Pacific/Auckland")),
    datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York")),
)


@pytest.mark.soak
@pytest.mark.outbound("segment-language", "segment-one-statement")
def test_any_segment_means_on_sqlite_what_it_says(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "hub.sqlite3"
    shutil.copyfile(sqlite_template, file)
    engine = sqlite_engine(f"sqlite:///{file}", begin="BEGIN IMMEDIATE")
    with engine.connect() as conn:
        for at, moment in enumerate(MOMENTS):
            _agrees_on_any(conn, moment, at)
    engine.dispose()


@pytest.mark.soak
def test_any_segment_means_on_postgresql_what_it_says(postgres_store_url: str) -> None:
    in_postgres(postgres_store_url, lambda conn: _agrees_on_any(conn, MOMENTS[5], len(MOMENTS)))


def _agrees_on_any(conn: Connection, now: datetime, world: int) -> None:
    everybody = people(world, now, 40)

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
    @given(segment=segments(), person=st.sampled_from(everybody))
    def agrees(segment: Segment, person: Person) -> None:
        wanted = belonging(segment, everybody, now)
        assert members(conn, segment, now, limit=1_000) == wanted
        assert members(conn, segment, now, limit=1_000_000) == wanted, "by sets"
        assert preview(conn, segment, now, 5).count == len(wanted)
        told = [so for _sentence, so in explain(conn, segment, now, person.id)]
        rows = list(segment.rows())
        assert told[: len(rows)] == [holds(row, person, now) is not opposite for row, opposite in rows]
        reasons = iter(told)
        follows = _follows(segment.root, reasons, False) and all(reasons)
        assert belongs(conn, segment, now, person.id) == (person.id in wanted) == follows

    world_of_its_own = conn.begin_nested()
    store(conn, everybody)
    agrees()
    world_of_its_own.rollback()


def _follows(node: Node, reasons: Iterator[bool], opposite: bool) -> bool:
    """Says whether somebody belongs, by the reasons alone that they are shown, in the order of the rows."""
    match node:
        case Group(word, members_):
            inner = [_follows(each, reasons, opposite) for each in members_]
            return not inner or (all(inner) if word == "all" else any(inner))
        case Not(member):
            return not _follows(member, reasons, not opposite)
        case _:
            return next(reasons) is not opposite
