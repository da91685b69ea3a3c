"""A caller chooses by keys and staff's phones ring: who is told what, who takes it, and what is kept of it."""

from __future__ import annotations

import pytest

from hub.sandbox.twilio.caller import Caller
from hub.store import rosters
from hub.store.call_world import Announcement, announce
from tests.builders import NOW
from tests.hub.calling.pharmacy import ADA, BOB, OURS, PATIENT, ROSTER, Line


async def test_staff_is_rung_in_order_told_who_calls_and_takes_the_call_by_a_key(line: Line) -> None:
    await line.follow()
    # Nobody answers: each in turn, then the message after the tone; the call is missed.
    missed = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["2", "1"]))
    assert missed.said[:2] == ["For English, press 1", "Pro češtinu stiskněte 2"]
    assert missed.steps.count("Dial") == 2
    assert any("vzkaz bude nahrán" in each for each in missed.said), missed.said
    assert await line.tasks() == ["open"]
    # Ada's own voicemail answers and presses nothing; Bob takes it. Calling again and being answered closes the task.
    await line.name("Grace Hopper")
    line.twilio.answering |= {ADA, BOB}
    line.twilio.keys[ADA] = ""
    taken = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "1"]))
    assert taken.whispered == ["A call from Grace Hopper. To take it, press 1."] * 2
    assert (taken.steps.count("Dial"), "Record" in taken.steps) == (2, False)
    assert await line.tasks() == ["done"]
    first, second = await line.steps()
    assert ("call.connected", "") in second
    assert ("call.chosen", "1") in second
    assert not any(kind == "call.connected" for kind, _ in first)


async def test_all_at_once_is_one_dial_and_nobody_on_call_goes_on_to_the_message(line: Line) -> None:
    await line.follow(desk={"together": True})
    line.twilio.answering.add(BOB)
    together = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "1"]))
    assert (together.steps.count("Dial"), together.whispered) == (
        1,
        ["A call from somebody unknown. To take it, press 1."],
    )
    nobody = {**ROSTER, "week": [{"days": ["sun"], "hours": "09:00-10:00", "people": ["Ada"]}]}
    await line.write(rosters.save, "desk", nobody, "ada", NOW)
    alone = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "1"]))
    assert "Dial" not in alone.steps
    assert "Record" in alone.steps
    assert await line.tasks() == ["open"]


async def test_a_menu_is_said_again_and_then_left(line: Line) -> None:
    await line.follow()
    silent = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "7"]))
    assert silent.steps.count("Gather") == 3
    assert "Record" in silent.steps
    hours = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["2", "9", "2"]))
    assert hours.said[-1] == "Od devíti do pěti"


@pytest.mark.law("recording")
@pytest.mark.parametrize(("key", "recorded"), [("", True), ("2", False)], ids=["told of it", "unrecorded by a key"])
async def test_a_talk_is_recorded_only_after_both_were_told(line: Line, key: str, recorded: bool) -> None:
    await line.follow(desk={"record": True})
    line.twilio.answering.add(ADA)
    played = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["1", "1", key]))
    assert bool(played.recordings) is recorded
    assert ("It will be recorded." in played.whispered[0]) is recorded
    (steps,) = await line.steps()
    assert ("call.announced", "recorded" if recorded else "unrecorded") in steps
    kinds = [kind for kind, _ in steps]
    assert ("call.recording" in kinds) is recorded


async def test_an_emergency_message_comes_before_everything(line: Line) -> None:
    words = Announcement(True, {"en": "We are flooded", "cs": "Jsme vytopeni"})
    await line.write(announce, words)
    greeted = await line.twilio.calls.receive(PATIENT, OURS, Caller())
    assert greeted.said[0] == "We are flooded"
    await line.follow()
    led = await line.twilio.calls.receive(PATIENT, OURS, Caller(digits=["2"]))
    assert led.said[0] == "We are flooded"
    await line.write(announce, Announcement(False, words.words))
    assert "We are flooded" not in (await line.twilio.calls.receive(PATIENT, OURS, Caller())).said
