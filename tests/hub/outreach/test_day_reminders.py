"""Reminders of days: birthdays and services, planned, held, cancelled and planned anew, on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.model.birthday import NO_YEAR, celebrated, read_birthday, write_birthday
from hub.model.equipment import Upkeep, months_later, next_service
from hub.outreach.day_reminders import missing_day_reminders, window
from hub.outreach.gates import ask
from hub.outreach.house import House
from hub.outreach.planning import store_plan
from hub.outreach.prepare import gather, prepare
from hub.outreach.quiet_hours import Rulebook, rulebook_of
from hub.outreach.seeing import load
from hub.store import customers, equipment, reminders
from hub.store.session import Database
from tests.starting import start_with

MAIL = "mailto:ada@example.com"
# 03:00 in Prague, where the business is; 28 February of a year without a 29th.
NIGHT = datetime(2026, 2, 28, 2, tzinfo=UTC)
LEAP_DAY = date(1984, 2, 29)


@pytest.mark.parametrize(
    ("written", "day", "in_2026"),
    [
        ("1984-02-29", LEAP_DAY, date(2026, 2, 28)),
        ("--02-29", date(NO_YEAR, 2, 29), date(2026, 2, 28)),
        ("--12-10", date(NO_YEAR, 12, 10), date(2026, 12, 10)),
    ],
)
@pytest.mark.outbound("leap-day")
def test_a_birthday_may_lack_its_year_and_its_29_february(written: str, day: date, in_2026: date) -> None:
    assert (read_birthday(written), write_birthday(day), celebrated(day, 2026)) == (day, written, in_2026)


@pytest.mark.parametrize(
    ("upkeep", "due"),
    [
        pytest.param({"since": date(2026, 1, 31), "months": 1}, date(2026, 2, 28), id="last day of a shorter month"),
        pytest.param({"since": None, "months": 12}, None, id="never installed, never due"),
        pytest.param(
            {"since": date(2026, 1, 1), "every": 1000, "reading": 500, "read_on": date(2026, 3, 2)},
            date(2026, 5, 1),
            id="at the pace of its meter",
        ),
        pytest.param(
            {"since": date(2026, 1, 1), "months": 2, "every": 1000, "reading": 500, "read_on": date(2026, 3, 2)},
            date(2026, 3, 1),
            id="whichever interval ends first",
        ),
        pytest.param(
            {"since": date(2026, 1, 1), "every": 100, "reading": 150, "read_on": date(2026, 3, 2)},
            date(2026, 3, 2),
            id="run beyond its interval",
        ),
        pytest.param(
            {"since": date(2026, 1, 1), "every": 10**9, "reading": 1, "read_on": date(2026, 3, 2)},
            None,
            id="a meter that hardly moves says nothing",
        ),
    ],
)
@pytest.mark.outbound("schedule-service")
def test_the_next_service_follows_from_what_is_known(upkeep: dict[str, Any], due: date | None) -> None:
    assert next_service(Upkeep(**upkeep)) == due
    assert months_later(date(2023, 12, 31), 2) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("about", "zone", "due", "late"),
    [
        ("birthday", "Europe/Prague", "2026-03-29T07:00", "2026-03-29T22:00"),
        ("birthday", "America/Sao_Paulo", "2026-03-29T12:00", "2026-03-30T03:00"),
        ("service", "Europe/Prague", "2026-03-29T07:00", "2026-04-12T07:00"),
    ],
)
@pytest.mark.outbound("late-birthday")
def test_a_greeting_is_of_its_local_day_and_a_service_may_be_late(about: str, zone: str, due: str, late: str) -> None:
    from hub.model.local_time import zone as place

    rule = {"about": about, "minutes_before": 0, "at_minute": 540}
    spoken = [f"{at:%Y-%m-%dT%H:%M}" for at in window(rule, date(2026, 3, 29), place(zone))]
    assert spoken == [due, late], "the day on which the clocks of Prague change"


@pytest.mark.outbound("gate-equipment", "late-birthday", "late-service", "reminder-consent", "leap-day")
async def test_the_starters_greetings_and_service_reminders_work_when_they_are_switched_on(
    database: Database, settings: Any
) -> None:
    """Plans, sees and writes with the clock handed in: nothing is sent, so nothing waits."""
    house = House.of(settings, {}, "https://hub.example.com")
    rulebook = rulebook_of(settings)

    def work(conn: Any, _: None) -> None:
        start_with(
            conn, NIGHT - timedelta(days=30), "templates/birthday_greeting/", "templates/service_due/", "reminders.toml"
        )
        assert not missing_day_reminders(conn, NIGHT, house), "off until wanted"
        lanes = _lanes(house)
        for rule in reminders.rules(conn):
            if rule["about"] != "appointment" and rule["channel"] == "outgoing_mail":
                reminders.change_rule(conn, rule["id"], {"enabled": True})
        _walk(conn, lanes, rulebook)

    await database.write(work, None)


def _lanes(house: House) -> House:
    from dataclasses import replace

    from hub.outreach.house import Lane

    return replace(house, lanes={"outgoing_mail": Lane(name="outgoing_mail", schemes=("mailto",))})


def _walk(conn: Any, house: House, rulebook: Rulebook) -> None:
    from hub.model.identity import Identity

    fields = {"display_name": "Ada Lovelace", "birthday": LEAP_DAY, "language": "en", "country": "CZ"}
    ada = customers.create_customer(conn, fields, [Identity.from_text(MAIL)], NIGHT)
    boiler = equipment.create(
        conn, customer_id=ada, now=NIGHT, name="Boiler", location="Cellar",
        installed_on=date(2025, 3, 13), service_months=12,
    )  # fmt: skip
    old = equipment.create(
        conn, customer_id=ada, now=NIGHT, name="Pump", installed_on=date(2020, 1, 1), service_months=12
    )
    assert _planned(conn, NIGHT, house) == [
        ("birthday", ada, "promotional", "2026-02-28T08:00"),
        ("service", boiler, "reminder", "2026-02-27T08:00"),
    ], f"{old} has been due for years: no reminder any more"
    assert _planned(conn, NIGHT + timedelta(minutes=2), house) == [], "once"
    greeting, service = _messages(conn)
    seen = load(conn, [greeting, service], NIGHT, house, rulebook)
    assert [_said(seen[one["id"]]) for one in (greeting, service)] == ["no_consent", "quiet_hours"]
    morning = load(conn, [service], NIGHT + timedelta(hours=6), house, rulebook)
    assert ask(morning[service["id"]]) is None, "at the next open window"
    written = prepare(service, gather(conn, [service]), house, rulebook)
    assert "your Boiler (Cellar) is due on March 13, 2026." in written.rendered.text
    assert written.rendered.subject == "Service due: Boiler"

    # What it is about is asked again: serviced meanwhile, the reminder is not sent and the next one is a year away.
    equipment.log(conn, boiler, kind="service", day=NIGHT.date(), now=NIGHT)
    assert equipment.get(conn, boiler)["next_service_on"] == date(2027, 2, 28)
    assert [(row["state"], row["reason"]) for row in _messages(conn)][1] == ("cancelled", "equipment_service")
    assert _said(load(conn, [service], NIGHT, house, rulebook)[service["id"]]) == "service_moved"
    equipment.edit(conn, boiler, revision=2, changes={"state": "retired"}, now=NIGHT)
    assert _said(load(conn, [service], NIGHT, house, rulebook)[service["id"]]) == "service_retired"
    conn.exec_driver_sql("UPDATE customer SET birthday = '1984-03-02'")
    assert _said(load(conn, [greeting], NIGHT, house, rulebook)[greeting["id"]]) == "birthday_moved"
    conn.exec_driver_sql("UPDATE customer SET birthday = NULL")
    assert _said(load(conn, [greeting], NIGHT, house, rulebook)[greeting["id"]]) == "birthday_gone"

    # Three days of downtime: the day is over, and that is told once.
    conn.exec_driver_sql("UPDATE customer SET birthday = '1604-03-02'")
    late = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert _planned(conn, late, house) == []
    assert [row["reason"] for row in reminders.skips_of(conn, ada)] == ["day_passed"]
    assert not missing_day_reminders(conn, late, house)


def _planned(conn: Any, now: datetime, house: House) -> list[tuple[Any, ...]]:
    plan = missing_day_reminders(conn, now, house)
    store_plan(conn, plan)
    told = [(m["about"], m["about_id"], m["purpose"], f"{m['due_at']:%Y-%m-%dT%H:%M}") for m in plan.messages]
    return sorted(told, key=str)


def _messages(conn: Any) -> list[dict[str, Any]]:
    from tests.hub.outreach.conftest import _messages as rows

    return sorted(rows(conn, None), key=lambda row: row["about"])


def _said(seen: Any) -> str:
    refusal = ask(seen)
    return refusal.reason if refusal else ""
