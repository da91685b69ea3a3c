"""Looking ahead: everything planned runs on a copy; the hub itself is untouched, and nothing is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.app.hub import Hub
from hub.app.stand_ins import StandIns
from hub.app.travelling import travel
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.model.errors import Refused
from hub.outreach.ahead import clock_changes, read_days
from hub.store import products
from hub.store.blobs import FileBlobs
from hub.store.tables import Base
from hub.web.pages.ahead import written
from tests.hub.outreach.conftest import KEYS
from tests.hub.sequences.conftest import BOTH, MAIL, Following, definition, sends, waits


def hub_of(following: Following) -> Hub:
    out = following.out
    blobs = FileBlobs(out.folder / "blobs")
    return Hub(
        settings=out.settings,
        base=out.settings,
        keys=KEYS,
        database=out.database,
        blobs=blobs,
        intake=Intake(out.database, blobs, Capture(KEYS.consent, KEYS.mail_tokens)),
        channels=out.channels,
        stand_ins=StandIns(out.folder / "sandbox"),
        worker="test",
        clock=out.clock,
    )


def _rows(conn: Connection) -> dict[str, Any]:
    return {
        table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    }


@BOTH
async def test_reminders_campaigns_and_sequences_run_ahead_on_a_copy_and_nothing_is_sent(following: Following) -> None:
    market, out = following.market, following.out
    ada = await market.customer(MAIL)
    silent = await market.customer("mailto:mary@example.com", agreed=False)
    await out.appointment(ada, hours=24 * 3)
    await market.launched(schedule={"kind": "recurring", "cron": "every day at 11:00", "zone": "business"})
    daily = definition(first=sends("pause"), pause=waits("second", days=3), second=sends())
    await following.on(**daily)
    await following.posts()
    before = await out.write(_rows)
    out.settings.hub.data.mkdir(exist_ok=True)
    reached: list[datetime] = []
    found = await travel(hub_of(following), 4, reached.append)

    assert reached == sorted(reached)
    assert await out.write(_rows) == before
    assert out.mails() == []
    assert not [each for each in out.settings.hub.data.iterdir() if each.name.startswith("ahead-")]
    gets = [(item.kind, item.what) for item in found.items if item.gets and item.customer == ada]
    assert gets.count(("sequence", "Welcome")) == 2
    assert any(kind == "reminder" for kind, _ in gets)
    # The offer of every day waits while her question is open, which the look ahead says too.
    why_not = {item.words for item in found.items if item.kind == "campaign" and item.customer == silent}
    assert why_not == {"Not sent: the customer has not agreed to promotions to mary@example.com."}
    runs = {item.at.date() for item in found.items if item.kind == "campaign" and item.customer == silent}
    assert len(runs) >= 3
    lines = "".join(written(found)).splitlines()
    assert lines[0].startswith("at,local,customer")
    assert len(lines) == len(found.items) + 1
    assert found.sums["gets"] + found.sums["not"] == len(found.items)
    assert [item.at for item in found.items] == sorted(item.at for item in found.items)
    day, some, others = found.items.by_day()[1]
    assert len(found.items.chosen(500, day=day)) == found.items.many(day=day) == some + others
    assert {item.gets for item in found.items.chosen(500, kind="campaign", gets=False)} == {False}


def test_changes_of_clocks_on_the_way_are_told() -> None:
    found = clock_changes(
        {"Europe/Prague", "America/New_York", "UTC"},
        datetime(2026, 10, 20, tzinfo=UTC),
        datetime(2026, 11, 5, tzinfo=UTC),
    )
    assert [(one.zone, f"{one.at:%Y-%m-%d %H:%M}", one.minutes) for one in found] == [
        ("America/New_York", "2026-11-01 06:00", -60),
        ("Europe/Prague", "2026-10-25 01:00", -60),
    ]


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("4w", 28), ("7", 7), (" 1D ", 1)])
def test_how_far_is_said_in_days_or_weeks(text: str, days: int) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize("text", ["", "d", "0", "-1d", "400d", "1y", "30.5", "٣d"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_days(text)


@pytest.mark.law("prescriptions")
async def test_what_is_never_said_is_not_sent_in_the_days_to_come_either(following: Following) -> None:
    market, out = following.market, following.out
    await market.customer(MAIL)
    daily = {"kind": "recurring", "cron": "every day at 11:00", "zone": "business"}
    await market.launched(schedule=daily, variables={"code": "AMOXICILLIN at half the price"})
    fields = {"name": "Amoxicillin 500 mg", "is_prescription": True}
    await out.write(products.upsert, "AMOX-500", fields, market.by.at)
    out.settings.hub.data.mkdir(exist_ok=True)
    found = await travel(hub_of(following), 2, lambda _: None)
    assert found.sums["gets"] == 0
    assert {item.words for item in found.items} == {
        "Not sent: it is about 'Amoxicillin 500 mg', which is prescription only and never promoted."
    }
