"""The states of a run and those it passed over always sum to its audience, whatever happens in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, insert

from hub.model.campaign import RunState
from hub.outreach.campaigning import filling
from hub.outreach.campaigning.filling import chooser_of
from hub.outreach.house import House, Lane
from hub.outreach.quiet_hours import Rulebook
from hub.store import runs, segments, templates
from hub.store.tables import CampaignRow, ConsentRow, CustomerRow, IdentityRow, RunRow

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUSE = House(
    time_zone="Europe/Prague",
    lanes={"texts": Lane(name="texts", schemes=("tel", "whatsapp"), heard_by=frozenset({"texts"}))},
)
# Few numbers, so that customers share them, by text and by WhatsApp.
PERSON = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(["tel", "whatsapp", "mailto"]),
        "value": st.sampled_from([f"+42060112345{last}" for last in range(4)]),
        "agreed": st.booleans(),
        "confirmed": st.booleans(),
    }
)
STEP = st.sampled_from(["page", "pause", "resume", "cancel"])


@pytest.fixture(scope="module")
def engine(sqlite_template: Path) -> Iterator[Engine]:
    """A database in memory with the schema; each example undoes what it did."""
    made = create_engine("sqlite://", connect_args={"isolation_level": None}, poolclass=StaticPool)
    event.listen(made, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
    with closing(sqlite3.connect(sqlite_template)) as source, closing(made.raw_connection()) as memory:
        source.backup(cast(sqlite3.Connection, memory.dbapi_connection))
    yield made
    made.dispose()


@settings(max_examples=15, deadline=None)
@given(people=st.lists(PERSON, max_size=10), steps=st.lists(STEP, max_size=10))
@pytest.mark.outbound("run-sums", "dedupe-run")
def test_messages_and_skips_sum_to_the_audience(engine: Engine, people: list[dict[str, Any]], steps: list[str]) -> None:
    with engine.connect() as conn:
        _world(conn, people)
        for step in [*steps, "resume", *["page"] * 6]:
            _take(conn, step)
            run = runs.by_id(conn, 1)
            assert run["audience"] == sum(count for _, _, count in runs.reasons(conn, 1))
        if run["state"] == RunState.RUNNING:
            assert run["audience"] == len(people)
        conn.rollback()


def _world(conn: Connection, people: list[dict[str, Any]]) -> None:
    segments.save(conn, "all", "All", {"all": []}, "Max", NOW)
    template = templates.save(conn, name="offer", language="en", purpose="promotional", faces={"sms": "Hello"}, now=NOW)
    taken: set[tuple[str, str]] = set()
    for number, person in enumerate(people, 1):
        conn.execute(insert(CustomerRow), {"id": number, "facts": {}, "created_at": NOW, "country": "CZ"})
        if (held := (person["scheme"], person["value"])) in taken:
            continue
        taken.add(held)
        confirmed = NOW if person["confirmed"] else None
        row = {"id": number, "customer_id": number, "scheme": held[0], "value": held[1], "opened_at": NOW}
        conn.execute(insert(IdentityRow), {**row, "confirmed_at": confirmed})
        said = {"identity_id": number, "purpose": "promotional", "wording": "", "source": "", "at": NOW, "digest": ""}
        conn.execute(insert(ConsentRow), {**said, "granted": person["agreed"]})
    definition = {
        "segment": "all",
        "template": "offer",
        "channel": "texts",
        "schedule": {"kind": "once", "at": "now"},
        "pinned": {"segment_id": 1, "templates": {"en": template}},
    }
    campaign = {"id": 1, "name": "c", "title": "C", "definition": definition, "created_at": NOW, "changed_at": NOW}
    conn.execute(insert(CampaignRow), campaign)
    run = {"id": 1, "campaign_id": 1, "campaign_version": 1, "segment_id": 1, "definition": definition}
    conn.execute(insert(RunRow), {**run, "starts_at": NOW, "state": "planning", "created_at": NOW})


def _take(conn: Connection, step: str) -> None:
    match step:
        case "page":
            _page(conn)
        case "pause":
            if runs.move(conn, 1, [RunState.PLANNING, RunState.RUNNING], RunState.PAUSED):
                runs.park(conn, 1)
        case "resume":
            if runs.move(conn, 1, [RunState.PAUSED], RunState.PLANNING):
                runs.unpark(conn, 1)
        case "cancel":
            if runs.move(conn, 1, [RunState.PLANNING, RunState.RUNNING, RunState.PAUSED], RunState.CANCELLED):
                runs.cancel_waiting(conn, 1, NOW)


def _page(conn: Connection) -> None:
    run = runs.by_id(conn, 1)
    size, filling.PAGE = filling.PAGE, 2
    try:
        pages = filling._pages(conn, (run, chooser_of(run, HOUSE, Rulebook(())), NOW + timedelta(minutes=1)))
    finally:
        filling.PAGE = size
    if pages:
        filling._store(conn, (run, pages[:1], lambda: False))
    else:
        runs.move(conn, 1, [RunState.PLANNING], RunState.RUNNING)
