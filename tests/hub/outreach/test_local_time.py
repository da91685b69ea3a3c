"""Wall-clock times across changes of the clocks: a gap gives the first valid instant after, a fold the first pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.errors import Refused
from hub.model.local_time import local_instant, minutes_after, minutes_before, zone
from tests.clock_changes import check_change, one_of_each_kind


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "place", "instant"),
    [
        pytest.param("2026-03-05 10:00", "Europe/Prague", "2026-03-05 09:00", id="an ordinary time"),
        pytest.param("2026-03-29 02:30", "Europe/Prague", "2026-03-29 01:00", id="gap: first valid instant after"),
        pytest.param("2026-03-29 03:00", "Europe/Prague", "2026-03-29 01:00", id="the end of the gap"),
        pytest.param("2026-10-25 02:30", "Europe/Prague", "2026-10-25 00:30", id="fold: first pass only"),
        pytest.param("2026-10-25 03:00", "Europe/Prague", "2026-10-25 02:00", id="after the fold"),
        pytest.param("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03 15:30", id="a gap of half an hour"),
        pytest.param("2026-03-08 02:00", "America/New_York", "2026-03-08 07:00", id="the start of a gap"),
        pytest.param("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00", id="a day that was skipped"),
    ],
)
@pytest.mark.outbound("clock-gap", "clock-fold")
def test_a_wall_clock_time_is_one_instant(wall: str, place: str, instant: str) -> None:
    assert local_instant(datetime.fromisoformat(wall), zone(place)) == utc(instant)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param("2026-03-29 08:00", 24 * 60, "2026-03-28 09:00", id="the day before has the same clock time"),
        pytest.param("2026-10-25 09:00", 24 * 60, "2026-10-24 08:00", id="also when the clocks go back"),
        pytest.param("2026-03-29 01:30", 2 * 60, "2026-03-28 23:30", id="2 h are elapsed time over the gap"),
        pytest.param("2026-10-25 02:30", 2 * 60, "2026-10-25 00:30", id="and over the fold"),
        pytest.param("2026-03-30 00:30", 24 * 60, "2026-03-29 01:00", id="the day before in the gap: just after it"),
        pytest.param("2026-10-26 01:30", 24 * 60, "2026-10-25 00:30", id="the day before in the fold: first pass"),
        pytest.param("2026-03-05 09:00", 90, "2026-03-05 07:30", id="90 minutes"),
    ],
)
@pytest.mark.outbound("schedule-appointment")
def test_a_reminder_is_due_by_the_clock_of_the_place(start: str, minutes: int, due: str) -> None:
    assert minutes_before(utc(start), minutes, zone("Europe/Prague")) == utc(due)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        pytest.param("2026-03-28 08:00", 24 * 60, "2026-03-29 07:00", id="a day later at the same clock time"),
        pytest.param("2026-10-24 07:00", 3 * 24 * 60, "2026-10-27 08:00", id="three days over the fold"),
        pytest.param("2026-03-28 01:30", 24 * 60, "2026-03-29 01:00", id="a day later in the gap: just after it"),
        pytest.param("2026-03-28 23:30", 2 * 60, "2026-03-29 01:30", id="2 h are elapsed time"),
    ],
)
def test_a_wait_of_whole_days_ends_at_the_same_time_of_the_day(start: str, minutes: int, due: str) -> None:
    assert minutes_after(utc(start), minutes, zone("Europe/Prague")) == utc(due)


@given(
    st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2035-01-01")),
)
def test_in_every_zone_a_wall_clock_time_never_comes_out_earlier(name: str, wall: datetime) -> None:
    place = ZoneInfo(name)
    wall = wall.replace(microsecond=0)
    shown = local_instant(wall, place).astimezone(place).replace(tzinfo=None)
    assert wall <= shown <= wall + timedelta(hours=25)
    exists = wall.replace(tzinfo=place).astimezone(UTC).astimezone(place).replace(tzinfo=None) == wall
    assert not exists or shown == wall


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe/Prague\x00"])
def test_a_zone_that_does_not_exist_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused, match="is no time zone"):
        zone(name)


@pytest.mark.outbound("clock-gap", "clock-fold")
def test_around_every_kind_of_clock_change_no_time_is_early_lost_or_met_twice() -> None:
    """outbound.md, time: gap and fold; all zones until 2035 are gone through by `make faults`."""
    kinds = one_of_each_kind()
    assert {change.span > timedelta() for change in kinds} == {True, False}
    for change in kinds:
        check_change(change)
