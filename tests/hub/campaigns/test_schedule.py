"""Schedules: words and cron fields read or refused, and what the clocks' changes make of a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.cron import read_cron
from hub.model.errors import Refused
from hub.model.local_time import local_instant
from hub.model.schedule import read_schedule

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PRAGUE = ZoneInfo("Europe/Prague")


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("every day at 9:00", "2026-03-02T09:00", "2026-03-03T09:00"),
        ("every monday at 9:05", "2026-03-02T09:05", "2026-03-09T09:05"),
        ("Every  Mondays at 9:05", "2026-03-02T09:05", "2026-03-09T09:05"),
        ("every tue and friday at 18:30", "2026-03-03T18:30", "2026-03-06T18:30"),
        ("every weekday at 8:30", "2026-03-02T08:30", "2026-03-03T08:30"),
        ("every weekend at 10:00", "2026-03-07T10:00", "2026-03-08T10:00"),
        ("on the 1st of every month at 10:00", "2026-04-01T10:00", "2026-05-01T10:00"),
        ("on the 31st of every month at 10:00", "2026-03-31T10:00", "2026-05-31T10:00"),
        ("every first monday at 9:00", "2026-03-02T09:00", "2026-04-06T09:00"),
        ("Every second Tuesday of the month at 9:00", "2026-03-10T09:00", "2026-04-14T09:00"),
        ("every last friday of every month at 17:30", "2026-03-27T17:30", "2026-04-24T17:30"),
        ("on the last day of every month at 8:00", "2026-03-31T08:00", "2026-04-30T08:00"),
        ("0 9 * * mon", "2026-03-02T09:00", "2026-03-09T09:00"),
        ("0 9,17 * * *", "2026-03-02T09:00", "2026-03-02T17:00"),
        ("0 */6 * * *", "2026-03-02T00:00", "2026-03-02T06:00"),
        ("30 10 1-7 * sun", "2026-04-05T10:30", "2026-05-03T10:30"),
        ("0 9 * * fri-mon", "2026-03-02T09:00", "2026-03-06T09:00"),
        ("0 9 29 feb *", "2028-02-29T09:00", "2032-02-29T09:00"),
        ("0 12 24 dec *", "2026-12-24T12:00", "2027-12-24T12:00"),
    ],
)
@pytest.mark.outbound("schedule-once")
def test_a_time_that_comes_round_is_read_from_words_and_from_cron(text: str, first: str, second: str) -> None:
    found = [wall.isoformat(timespec="minutes") for wall in islice(read_cron(text).walls(MONDAY.date()), 2)]
    assert found == [first, second]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0 9 * * 1", id="a numeric weekday"),
        pytest.param("0 9 * * 1-5", id="numeric weekdays"),
        pytest.param("* 9 * * *", id="every minute"),
        pytest.param("*/5 * * * *", id="every five minutes"),
        pytest.param("60 9 * * *", id="no such minute"),
        pytest.param("0 24 * * *", id="no such hour"),
        pytest.param("0 9 0 * *", id="no such day"),
        pytest.param("0 9 30 feb *", id="a day that never comes"),
        pytest.param("0 9 * 13 *", id="no such month"),
        pytest.param("0 9 * *", id="a field less"),
        pytest.param("0 9 * * mon#2", id="what cron does not have"),
        pytest.param("every monday", id="no time"),
        pytest.param("every monday at 25:00", id="no such time"),
        pytest.param("every monthday at 9:00", id="no such day's name"),
        pytest.param("on the 32nd of every month at 9:00", id="no such day of the month"),
        pytest.param("now and then", id="words of nothing"),
        pytest.param("", id="nothing"),
    ],
)
@pytest.mark.outbound("cron-weekdays")
def test_a_time_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_cron(text)
    assert refused.value.field == "schedule.cron"
    assert "every monday at 9:00" in refused.value.next_step


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"kind": "sometimes"}, "schedule.kind"),
        ({"kind": "once"}, "schedule.at"),
        ({"kind": "once", "at": "tomorrow"}, "schedule.at"),
        ({"kind": "once", "at": "2026-12-01"}, "schedule.at"),
        ({"kind": "once", "at": "2026-12-01T09:00Z"}, "schedule.at"),
        ({"kind": "once", "at": "2026-12-01T09:00", "zone": "mars"}, "schedule.zone"),
        ({"kind": "once", "at": "now", "cron": "0 9 * * *"}, "schedule.at"),
        ({"kind": "recurring", "at": "2026-12-01T09:00"}, "schedule.cron"),
        ({"kind": "recurring"}, "schedule.cron"),
        ({"kind": "once", "at": "now", "colour": 1}, "schedule"),
        ("daily", "schedule"),
        (None, "schedule"),
    ],
)
def test_a_schedule_that_says_no_time_is_refused_by_its_field(written: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_schedule(written)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "written",
    [
        {"kind": "once", "at": "now"},
        {"kind": "once", "at": "2026-12-01T09:00", "zone": "recipient"},
        {"kind": "recurring", "cron": "every monday at 9:00", "zone": "business"},
    ],
)
@pytest.mark.outbound("schedule-once")
def test_a_schedule_is_written_as_it_was_read(written: dict[str, Any]) -> None:
    assert read_schedule(written).as_json() == written


def recurring(cron: str, zone: str = "business") -> Any:
    return read_schedule({"kind": "recurring", "cron": cron, "zone": zone})


@pytest.mark.outbound("clock-gap")
def test_a_time_that_the_clocks_skip_is_the_first_valid_instant_after() -> None:
    # 29 March 2026: 2:00 becomes 3:00 in Prague, at 1:00 UTC.
    found = recurring("30 2 * * *").next_after(datetime(2026, 3, 28, 12, tzinfo=UTC), "Europe/Prague")
    assert found == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@pytest.mark.outbound("clock-fold")
def test_a_time_that_comes_twice_counts_once() -> None:
    # 25 October 2026: 3:00 becomes 2:00 in Prague, at 1:00 UTC.
    schedule = recurring("30 2 * * *")
    first = schedule.next_after(datetime(2026, 10, 24, 12, tzinfo=UTC), "Europe/Prague")
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert schedule.next_after(first, "Europe/Prague") == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.outbound("schedule-recipient")
def test_a_run_by_recipients_clocks_starts_where_the_day_begins_first() -> None:
    schedule = recurring("0 9 * * *", "recipient")
    starts_at = schedule.next_after(MONDAY, "Europe/Prague")
    assert starts_at == datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
    assert schedule.due_at(starts_at, ZoneInfo("Pacific/Kiritimati")) == starts_at
    assert schedule.due_at(starts_at, PRAGUE) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    assert schedule.due_at(starts_at, ZoneInfo("Pacific/Midway")) == datetime(2026, 3, 3, 20, 0, tzinfo=UTC)


@given(
    zone=st.sampled_from(["Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran"]),
    after=st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  # made aware below
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_every_local_day_has_its_time_once_and_in_order(zone: str, after: datetime, hour: int, minute: int) -> None:
    schedule, at = recurring(f"{minute} {hour} * * *"), after.replace(tzinfo=UTC)
    for _ in range(3):
        following = schedule.next_after(at, zone)
        assert timedelta() < following - at <= timedelta(hours=26)
        local = following.astimezone(ZoneInfo(zone))
        assert following == local_instant(
            local.replace(tzinfo=None, hour=hour, minute=minute, second=0), ZoneInfo(zone)
        )
        at = following


def test_the_day_of_a_birthday_is_the_day_of_the_run() -> None:
    schedule = recurring("0 9 * * *", "recipient")
    starts_at = schedule.next_after(MONDAY, "Europe/Prague")
    assert starts_at.date().day == 2
    assert schedule.audience_time(starts_at, starts_at, "Europe/Prague").date().day == 3
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert recurring("0 9 * * *").audience_time(late, late, "Europe/Prague").date().day == 3
