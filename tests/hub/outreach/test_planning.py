"""Planning: what is planned, once, to which address; and what is not, and why; on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.model.identity import Identity
from hub.outreach.planning import occurrence_key, window
from hub.store import appointments, customers, reminders
from hub.store.outbox import cancel_waiting
from tests.hub.outreach.conftest import Outdoors

MAIL, PHONE = "mailto:ada@example.com", "tel:+14155550101"


async def skips(out: Outdoors, customer: int) -> list[tuple[str, str]]:
    rows = await out.write(reminders.skips_of, customer)
    return sorted((row["reason"], row["rule"]) for row in rows)


async def change(out: Outdoors, work: Any, appointment: int, **more: Any) -> None:
    row = await out.write(appointments.get, appointment)
    await out.write(lambda conn: work(conn, appointment, revision=row["revision"], now=out.clock(), **more))


@pytest.mark.outbound("dedupe-rule", "message-id", "schedule-appointment")
async def test_each_rule_gives_one_message_however_often_it_is_planned(out: Outdoors) -> None:
    ada = await out.customer(MAIL, PHONE)
    appointment = await out.appointment(ada, hours=30)
    assert await out.plan() == 4
    assert await out.plan() == 0
    rows = await out.messages()
    starts = (await out.write(appointments.get, appointment))["starts_at"]
    assert sorted((row["channel"], starts - row["due_at"]) for row in rows) == [
        ("main_number", timedelta(hours=2)),
        ("main_number", timedelta(hours=24)),
        ("outgoing_mail", timedelta(hours=2)),
        ("outgoing_mail", timedelta(hours=24)),
    ]
    assert all(row["rfc_message_id"].endswith("@example.com") for row in rows if row["channel"] == "outgoing_mail")
    assert not any(row["rfc_message_id"] for row in rows if row["channel"] == "main_number")
    assert {(row["state"], row["origin"], row["purpose"]) for row in rows} == {("ready", "rule", "reminder")}
    near = [row for row in rows if starts - row["due_at"] == timedelta(hours=2)]
    assert all(row["expires_at"] == starts - timedelta(minutes=30) for row in near)


async def test_what_is_due_beyond_the_horizon_is_planned_later(out: Outdoors) -> None:
    await out.appointment(await out.customer(MAIL), hours=24 + 49)
    assert await out.plan() == 0
    out.clock.pass_(hours=2)
    assert await out.plan() == 1, "the 24 h one; the 2 h one is due later"


@pytest.mark.outbound("late-appointment")
async def test_an_appointment_made_90_minutes_before_gets_only_the_near_reminders(out: Outdoors) -> None:
    ada = await out.customer(MAIL, PHONE)
    await out.appointment(ada, hours=1.5)
    assert await out.plan() == 2
    assert {row["content"]["rule_name"].rpartition(", ")[2] for row in await out.messages()} == {"2 hours before"}
    assert [reason for reason, _ in await skips(out, ada)] == ["too_late", "too_late"]
    assert await out.plan() == 0
    assert len(await skips(out, ada)) == 2, "told once"


@pytest.mark.outbound("late-appointment")
async def test_without_enough_lead_nothing_is_planned(out: Outdoors) -> None:
    ada = await out.customer(MAIL)
    await out.appointment(ada, hours=0.4)
    assert await out.plan() == 0
    assert {reason for reason, _ in await skips(out, ada)} == {"too_late"}


async def test_a_customer_without_the_address_is_told_of_and_planned_when_it_is_there(out: Outdoors) -> None:
    ada = await out.customer(MAIL)
    await out.appointment(ada, hours=30)
    assert await out.plan() == 2
    assert [reason for reason, _ in await skips(out, ada)] == ["no_address", "no_address"]
    await out.write(customers.add_identity, ada, Identity("tel", "+14155550101"), out.clock())
    assert await out.plan() == 2


async def test_a_confirmed_address_comes_before_a_newer_one(out: Outdoors) -> None:
    ada = await out.customer("mailto:old@example.com")

    def give(conn: Any) -> None:
        now = out.clock()
        customers.add_identity(conn, ada, Identity("mailto", "proven@example.com"), now, confirmed=True)
        customers.add_identity(conn, ada, Identity("mailto", "new@example.com"), now + timedelta(seconds=5))

    await out.write(give)
    await out.appointment(ada, hours=30)
    await out.plan()
    assert {row["value"] for row in await out.messages()} == {"proven@example.com"}
    await out.write(customers.add_identity, ada, Identity("mailto", "later@example.com"), out.clock())
    assert await out.plan() == 0, "an address added later does not double what is planned"


@pytest.mark.outbound("dedupe-moved")
async def test_a_moved_appointment_is_a_new_occurrence_and_nothing_stale_stays(out: Outdoors) -> None:
    ada = await out.customer(MAIL)
    appointment = await out.appointment(ada, hours=30)
    await out.plan()
    starts = (await out.write(appointments.get, appointment))["starts_at"]
    await change(out, appointments.move, appointment, starts_at=starts + timedelta(hours=1))
    assert await out.states() == [("cancelled", "appointment_moved")] * 2
    assert await out.plan() == 2
    await change(out, appointments.move, appointment, starts_at=starts)
    assert await out.plan() == 2, "moved back: the first occurrence was never sent"
    assert [state for state, _ in await out.states()] == ["cancelled"] * 4 + ["ready"] * 2


@pytest.mark.parametrize(
    ("work", "left"),
    [
        pytest.param(appointments.cancel, 0, id="cancelled: nothing"),
        pytest.param(appointments.confirm, 2, id="confirmed: the same again"),
    ],
)
async def test_after_a_change_only_what_is_still_true_waits(out: Outdoors, work: Any, left: int) -> None:
    appointment = await out.appointment(await out.customer(MAIL), hours=30)
    await out.plan()
    await change(out, work, appointment)
    await out.plan()
    assert [state for state, _ in await out.states()].count("ready") == left


async def test_stop_is_not_undone_by_planning_again(out: Outdoors) -> None:
    ada = await out.customer(PHONE, "tel:+14155550102")
    await out.appointment(ada, hours=30)
    await out.plan()
    rows = await out.messages()
    await out.write(lambda conn: cancel_waiting(conn, rows[0]["identity_id"], out.clock(), "stop"))
    assert await out.plan() == 0, "not to the customer's other phone either"


async def test_a_rule_for_a_channel_that_is_not_there_is_told_of(out: Outdoors) -> None:
    def other_channel(conn: Any) -> None:
        for rule in reminders.rules(conn):
            reminders.change_rule(conn, rule["id"], {"channel": "pigeon"})

    await out.write(other_channel)
    ada = await out.customer(MAIL)
    await out.appointment(ada, hours=30)
    assert await out.plan() == 0
    assert {reason for reason, _ in await skips(out, ada)} == {"no_channel"}


def a_rule(minutes: int, lead: int = 30) -> Mapping[str, Any]:
    return {"minutes_before": minutes, "lead_minutes": lead}


@pytest.mark.parametrize(
    ("minutes", "due", "late"),
    [
        pytest.param(1440, "2026-03-28 09:00", "2026-03-28 21:00", id="a day before: late by half a day at most"),
        pytest.param(120, "2026-03-29 06:00", "2026-03-29 07:30", id="2 h before: as long as the lead is left"),
        pytest.param(60, "2026-03-29 07:00", "2026-03-29 07:30", id="1 h before"),
    ],
)
def test_a_reminder_has_a_window(minutes: int, due: str, late: str) -> None:
    starts = datetime(2026, 3, 29, 8, 0, tzinfo=UTC)  # 10:00 in Prague, on the day the clocks go forward
    found = window(a_rule(minutes), {"starts_at": starts, "time_zone": "Europe/Prague"})
    assert [f"{moment:%Y-%m-%d %H:%M}" for moment in found] == [due, late]


@pytest.mark.outbound("dedupe-moved")
def test_an_occurrence_is_named_by_its_start_not_by_its_day() -> None:
    starts = datetime(2026, 3, 29, 8, 0, tzinfo=UTC)
    assert occurrence_key(1, 2, starts) != occurrence_key(1, 2, starts + timedelta(hours=1))
