"""What a call flow may say: what is written is what is read, and everything that would lead nowhere is refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from hub.model.call_flow_definition import call_flow_as_json, read_call_flow
from hub.model.errors import Refused
from tests.hub.call_flows.flows import SHOP

QUEUE: dict[str, Any] = {"kind": "queue", "roster": "desk", "next": "message"}


def test_a_definition_comes_back_as_it_was_written() -> None:
    told = call_flow_as_json(read_call_flow(SHOP))
    assert told == SHOP
    assert call_flow_as_json(read_call_flow(told)) == told


def test_what_is_left_out_has_a_meaning() -> None:
    short = {"title": " A  line ", "languages": ["en"], "start": "a", "steps": {"a": {"kind": "voicemail"}}}
    message = {"kind": "voicemail", "max_seconds": 120, "transcribe": False, "announced": True}
    assert call_flow_as_json(read_call_flow(short)) == {**short, "title": "A line", "steps": {"a": message}}
    queue = {"kind": "queue", "roster": "desk", "seconds": 20, "together": False, "longest": 300, "position": True}
    told = call_flow_as_json(read_call_flow({**short, "steps": {"a": {"kind": "queue", "roster": "desk"}}}))
    assert told["steps"]["a"] == queue


def test_steps_come_as_callers_meet_them() -> None:
    shuffled = {**SHOP, "steps": {name: SHOP["steps"][name] for name in sorted(SHOP["steps"])}}
    assert list(read_call_flow(shuffled).steps) == ["hours", "welcome", "message", "end", "closed"]


def test_hours_are_put_in_order() -> None:
    flow = deepcopy(SHOP)
    flow["steps"]["hours"]["week"] = {"sun": ["13:00 - 24:00", "09:00-12:00"], "mon": []}
    assert call_flow_as_json(read_call_flow(flow))["steps"]["hours"]["week"] == {"sun": ["09:00-12:00", "13:00-24:00"]}


@pytest.mark.parametrize(
    ("place", "value", "field", "says"),
    [
        pytest.param("title", "", "title", "title", id="no title"),
        pytest.param("colour", "red", "colour", "knows no", id="unknown setting"),
        pytest.param("languages", [], "languages", "languages", id="no language"),
        pytest.param("languages", ["en", "en"], "languages", "each once", id="a language twice"),
        pytest.param("languages", "en", "languages", "list", id="languages that are no list"),
        pytest.param("time_zone", "Mars/Base", "time_zone", "no time zone", id="unknown time zone"),
        pytest.param("voices", {"de": "Polly.Vicki"}, "voices", "by language", id="voice of another language"),
        pytest.param("voices", {"en": '"/>'}, "voices", "Polly", id="no voice"),
        pytest.param("start", "nowhere", "start", "no step", id="no start"),
        pytest.param("steps", {}, "steps", "1 to", id="no steps"),
        pytest.param("steps", {f"s{n}": {"kind": "hangup"} for n in range(61)}, "steps", "1 to", id="many steps"),
        pytest.param("steps.menu", {"kind": "hologram"}, "steps.menu.kind", "knows say, hours", id="unknown kind"),
        pytest.param("steps.menu", "say", "steps.menu.kind", "no kind", id="a step that is a word"),
        pytest.param("steps.Big Step", {"kind": "hangup"}, "steps.Big Step", "name of a step", id="odd name"),
        pytest.param("steps.alone", {"kind": "hangup"}, "steps.alone", "No way leads", id="a step nobody meets"),
        pytest.param("steps.welcome.loud", True, "steps.welcome.loud", "knows no", id="unknown part of a step"),
        pytest.param("steps.welcome.words", {"cs": "Ahoj"}, "steps.welcome.words", "missing in en", id="no words"),
        pytest.param("steps.welcome.words", {"de": "Hallo"}, "steps.welcome.words", "by language", id="other words"),
        pytest.param("steps.welcome.words", {"en": "a" * 4001}, "steps.welcome.words", "longer", id="a speech"),
        pytest.param("steps.welcome.next", "moon", "steps.welcome.next", "no step", id="a way to nowhere"),
        pytest.param("steps.hours.open", "", "steps.hours.open", "when open", id="hours without a way"),
        pytest.param("steps.hours.holiday", "moon", "steps.hours.holiday", "no step", id="holidays to nowhere"),
        pytest.param("steps.hours.week", {"Monday": []}, "steps.hours.week", "mon, tue", id="no weekday"),
        pytest.param("steps.hours.week", {"mon": "9-5"}, "steps.hours.week.mon", "list", id="hours that are no list"),
        pytest.param("steps.hours.week", {"mon": ["9-5"]}, "steps.hours.week.mon", "no opening hours", id="no hours"),
        pytest.param(
            "steps.hours.week", {"mon": ["22:00-02:00"]}, "steps.hours.week.mon", "no opening", id="the night"
        ),
        pytest.param(
            "steps.hours.week", {"mon": ["09:00-12:00", "11:59-13:00"]}, "steps.hours.week.mon", "overlap", id="twice"
        ),
        pytest.param(
            "steps.hours.week",
            {"mon": ["09:00-24:00", "23:00-23:30"]},
            "steps.hours.week.mon",
            "overlap",
            id="after 24",
        ),
        pytest.param("steps.hours.days", {"02-30": []}, "steps.hours.days", "no date", id="no such day"),
        pytest.param("steps.hours.days", {"2027-02-29": []}, "steps.hours.days", "no date", id="no leap year"),
        pytest.param("steps.message.max_seconds", 0, "steps.message.max_seconds", "lasts", id="no time to speak"),
        pytest.param("steps.message.max_seconds", True, "steps.message.max_seconds", "lasts", id="true is no number"),
        pytest.param("steps.message.announced", "no", "steps.message.announced", "true or false", id="no flag"),
        pytest.param("steps.message.next", "welcome", "steps.message", "circle", id="round and round"),
        pytest.param("steps.welcome.sounds", {"en": "../x"}, "steps.welcome.sounds", "named as", id="odd recording"),
        pytest.param("steps.welcome.sounds", {"de": "x"}, "steps.welcome.sounds", "by language", id="its language"),
        pytest.param("steps.welcome", {"kind": "queue"}, "steps.welcome.roster", "roster", id="a queue for nobody"),
        pytest.param(
            "steps.welcome", {**QUEUE, "longest": 5}, "steps.welcome.longest", "waits", id="a queue without patience"
        ),
        pytest.param("steps.welcome", {**QUEUE, "music": "a b"}, "steps.welcome.music", "recording", id="odd music"),
        pytest.param("steps.welcome", {**QUEUE, "digits": {"x": "end"}}, "steps.welcome.digits", "keys", id="no key"),
        pytest.param("steps.welcome", QUEUE, "steps.message.announced", "without a word", id="a queue says nothing"),
    ],
)
def test_what_cannot_be_played_is_refused_with_its_place(place: str, value: Any, field: str, says: str) -> None:
    flow = deepcopy(SHOP)
    *outer, last = place.split(".")
    inner = flow
    for name in outer:
        inner = inner[name]
    inner[last] = value
    with pytest.raises(Refused, match=says) as refused:
        read_call_flow(flow)
    assert refused.value.field == field


@pytest.mark.parametrize("first", ["message", "hours"], ids=["at once", "after hours"])
def test_nobody_is_recorded_without_a_word_about_it(first: str) -> None:
    steps = {
        "message": {"kind": "voicemail", "announced": False},
        "hours": {"kind": "hours", "open": "message", "closed": "message"},
    }
    met = {name: steps[name] for name in {first, "message"}}
    with pytest.raises(Refused, match="without a word"):
        read_call_flow({"title": "A", "languages": ["en"], "start": first, "steps": met})
