"""By habit: what goes out at each customer's best hour, and by the way they write to us most; and what says so."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from hub.model.habits import Habits
from hub.outreach import why
from hub.outreach.day_reminders import missing_day_reminders
from hub.store import habits, reminders
from tests.hub.sequences.conftest import Following, definition, sends
from tests.starting import start_with

PRAGUE = ZoneInfo("Europe/Prague")
NOON = 12


def _keep(conn: Connection, customer: int, now: datetime) -> None:
    shown: dict[str, Any] = {
        "many": 20, "medium": "sms", "of_medium": 14, "part_of_day": "noon", "in_part": 13, "hour": NOON, "of_hour": 13,
    }  # fmt: skip
    habits.keep(conn, ([customer], {customer: Habits(**shown)}, now))


@pytest.mark.outbound("schedule-recipient")
async def test_habits_choose_hour_and_channel_and_where_they_are_unknown_the_usual_ones_count(
    following: Following,
) -> None:
    market, out = following.market, following.out
    now = out.clock()
    today = now.astimezone(PRAGUE).date()
    ada = await market.customer("mailto:ada@example.com", "tel:+420777123456", birthday=today + timedelta(days=1))
    grace = await market.customer("mailto:grace@example.com", birthday=today + timedelta(days=1))
    await out.write(_keep, ada, now)

    step = {**sends(), "best_hours": [8, 20], "best_of": ["main_number"]}
    await following.on(**definition(first=step))
    await following.posts()
    await following.posts("grace@example.com")
    await following.run()
    await out.write(start_with, now, "templates/birthday_greeting/")
    rule: dict[str, Any] = {
        "name": "Birthday",
        "about": "birthday",
        "minutes_before": 0,
        "template": "birthday_greeting",
    }
    best: dict[str, Any] = {"best_hours": [8, 20], "best_of": ["main_number"]}
    await out.write(lambda conn: reminders.add_rule(conn, now=now, channel="outgoing_mail", **best, **rule))
    plan = await out.write(lambda conn: missing_day_reminders(conn, now, out.house))
    tomorrow = (today + timedelta(days=2)).isoformat()
    schedule = {"kind": "once", "at": f"{tomorrow}T10:00", "zone": "recipient", "best_hours": [8, 20]}
    campaign = await market.draft(schedule=schedule)
    flight = await market.plan(campaign)
    assert dict(flight.hours) == {NOON: 1, 10: 1}, "the flight plan shows each recipient's own hour"
    await market.launch(campaign, flight.hash)
    # Eight o'clock where that day begins first.
    begins = datetime.combine(today + timedelta(days=2), time(8, 5), UTC) - timedelta(hours=14)
    out.clock.ahead += begins - out.clock()
    await market.run()

    rows = await out.messages()
    planned = {(row["customer_id"], row["origin"], row["about"]): _hour(row["due_at"]) for row in rows}
    days = {(one["customer_id"], one["about"]): _hour(one["due_at"]) for one in plan.messages}
    assert days == {(ada, "birthday"): NOON, (grace, "birthday"): 9}
    ways = {one["customer_id"]: (one["channel"], bool(one["rfc_message_id"])) for one in plan.messages}
    assert ways == {ada: ("main_number", False), grace: ("outgoing_mail", True)}
    kept = {one["customer_id"]: one["content"]["best"]["medium"] for one in plan.messages}
    assert kept == {ada: "sms", grace: ""}
    assert planned[ada, "run", ""] == NOON
    assert planned[grace, "run", ""] == 10
    stories = {(row["customer_id"], row["origin"]): await _story(following, row["id"]) for row in rows}
    sent = next(row for row in rows if row["customer_id"] == ada and row["about"] == "sequence")
    assert (sent["channel"], _hour(sent["due_at"])) == ("main_number", NOON)
    assert sent["due_at"] >= now
    usual = next(row for row in rows if row["customer_id"] == grace and row["about"] == "sequence")
    assert usual["channel"] == "outgoing_mail"
    assert stories[ada, "rule"] == (
        "The customer's best hour is 12:00 (13 of 20 messages came around it)."
        " The customer writes mostly by text (14 of 20 messages)."
    )
    assert stories[ada, "run"] == "The customer's best hour is 12:00 (13 of 20 messages came around it)."
    assert stories[grace, "rule"].count("Too little is known") == 2


async def _story(following: Following, message: int) -> str:
    told: Any = await following.out.write(why.story, message)
    return str(told.when)


def _hour(at: datetime) -> int:

    return at.astimezone(PRAGUE).hour
