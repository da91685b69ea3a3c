"""Habits: what a customer's messages say of the best hour and the best way to reach them, with enough evidence only."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from hub.model.errors import Refused
from hub.model.habits import BestHours, Habits, habits, read_best_hours
from hub.model.local_time import zone
from hub.model.schedule import read_schedule
from hub.model.sequence_definition import read_sequence, sequence_as_json
from hub.outreach.best import evidence, next_best, told

PRAGUE = zone("Europe/Prague")
BEST = {"kind": "once", "at": "2026-03-29T10:00", "zone": "recipient", "best_hours": [2, 20]}


def of(*hours: int, media: str = "") -> Habits | None:
    return habits(list(media.split()) or ["sms"] * len(hours), list(hours))


@pytest.mark.parametrize(
    ("hours", "best", "around"),
    [
        pytest.param((15, 15, 15, 15), None, 0, id="four messages say nothing"),
        pytest.param((15, 15, 15, 9, 9), 15, 3, id="more than half around one hour"),
        pytest.param((15, 16, 14, 9, 11), 15, 3, id="the middle one of three hours"),
        pytest.param((15, 15, 9, 9, 12, 20), None, 0, id="no hours have more than half"),
        pytest.param((23, 0, 0, 1, 12), 0, 4, id="hours around midnight"),
        pytest.param((10, 10, 10, 10, 12), 10, 4, id="an hour in which they wrote, not one beside it"),
    ],
)
def test_the_best_hour_is_the_one_around_which_most_wrote(
    hours: tuple[int, ...], best: int | None, around: int
) -> None:
    found = of(*hours)
    assert (found.hour if found else None) == best
    if found is not None and best is not None:
        assert found.of_hour == around


def test_the_best_way_is_the_one_of_more_than_half() -> None:
    found, even = (
        of(9, 9, 9, 9, 9, media="email sms sms sms email"),
        of(*[9] * 6, media="email sms email sms email sms"),
    )
    assert found is not None
    assert even is not None
    assert (found.medium, found.of_medium, even.medium) == ("sms", 3, "")


@pytest.mark.parametrize(
    ("best", "due"),
    [
        pytest.param(15, "2026-03-29T13:00", id="at the best hour"),
        pytest.param(None, "2026-03-29T08:00", id="not known: at the time of the schedule"),
        pytest.param(21, "2026-03-29T08:00", id="outside the hours: at the time of the schedule"),
        pytest.param(2, "2026-03-29T01:00", id="an hour that the clocks skip: the first instant after"),
    ],
)
@pytest.mark.outbound("schedule-recipient")
def test_a_run_is_due_at_each_recipients_best_hour_of_its_day(best: int | None, due: str) -> None:
    schedule = read_schedule(BEST)
    starts_at = schedule.next_after(datetime(2026, 3, 1, tzinfo=UTC), "UTC")
    assert starts_at == datetime(2026, 3, 28, 12, tzinfo=UTC), "with the first of the hours, where the day begins first"
    assert f"{schedule.due_at(starts_at, PRAGUE, best):%Y-%m-%dT%H:%M}" == due
    assert read_schedule(schedule.as_json()) == schedule


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"best_hours": [20, 8]}, id="ends before it begins"),
        pytest.param({"best_hours": [8, 25]}, id="no hour of a day"),
        pytest.param({"best_hours": "8-20"}, id="a text"),
        pytest.param({"best_hours": [True, 3]}, id="no number"),
        pytest.param({"zone": "business"}, id="on our clock"),
        pytest.param({"at": "now"}, id="at once"),
        pytest.param({"kind": "recurring", "at": None, "cron": "0 9,15 * * *"}, id="twice a day"),
    ],
)
def test_what_has_no_best_hour_is_refused(wrong: dict[str, Any]) -> None:
    asked = {name: value for name, value in {**BEST, **wrong}.items() if value is not None}
    with pytest.raises(Refused) as refused:
        read_schedule(asked)
    assert refused.value.field == "schedule.best_hours"


def test_the_next_best_hour_is_today_or_tomorrow() -> None:
    found, day = of(*[15] * 5), BestHours(8, 20)
    assert next_best(day, found, datetime(2026, 3, 28, 9, tzinfo=UTC), PRAGUE) == datetime(2026, 3, 28, 14, tzinfo=UTC)
    assert next_best(day, found, datetime(2026, 3, 28, 15, tzinfo=UTC), PRAGUE) == datetime(2026, 3, 29, 13, tzinfo=UTC)
    at = datetime(2026, 3, 28, 9, tzinfo=UTC)
    assert next_best(day, None, at, PRAGUE) == next_best(None, found, at, PRAGUE) == at
    assert day.at(8) == time(8)
    assert read_best_hours([], "x") is None


def test_it_is_told_with_its_evidence_or_that_there_is_too_little() -> None:
    known = evidence(of(15, 15, 15, 9, 9, media="sms sms sms sms email"), hour=True, channel=True)["best"]
    assert told(known) == (
        "The customer's best hour is 15:00 (3 of 5 messages came around it)."
        " The customer writes mostly by text (4 of 5 messages)."
    )
    assert told(evidence(None, hour=True, channel=True)["best"]).count("Too little is known") == 2
    assert told({}) == ""


def test_a_step_says_by_which_habits_it_sends() -> None:
    step = {
        "kind": "send",
        "template": "hello",
        "channel": "mail",
        "best_hours": [8, 20],
        "best_of": ["number", "mail"],
    }
    given = {"title": "T", "entry": {"on": "purchase"}, "start": "a", "steps": {"a": step}}
    sequence = read_sequence(given)
    assert sequence.names["channel"] == {"mail", "number"}
    told_again = sequence_as_json(sequence)["steps"]["a"]
    assert (told_again["best_hours"], told_again["best_of"]) == ([8, 20], ["number"])
    assert read_sequence(sequence_as_json(sequence)) == sequence
