"""Callers who wait: what they hear, who of staff is rung for them, how they leave, and what is kept of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.insight.calls import summary
from hub.outreach.queues import QueueWork
from hub.sandbox.twilio.call_run import Played
from hub.sandbox.twilio.caller import Caller, HungUp
from hub.sandbox.twilio.faults import Fault, Planned
from hub.sandbox.twilio.state import Call
from hub.store import call_flows, interactions, rosters
from hub.store.tables import InteractionRow, QueuedCallRow, QueueRingRow
from tests.builders import NOW
from tests.hub.calling.pharmacy import ADA, BOB, OURS, PATIENT, ROSTER, Line
from tests.patience import SECONDS

SECOND = "+14155550143"
FLOW: dict[str, Any] = {
    "title": "A queue",
    "languages": ["en"],
    "start": "wait",
    "steps": {
        "wait": {
            "kind": "queue",
            "roster": "desk",
            "seconds": 15,
            "longest": 60,
            "digits": {"5": "message"},
            "next": "sorry",
        },
        "sorry": {"kind": "say", "words": {"en": "Nobody is free"}, "next": "message"},
        "message": {"kind": "voicemail", "max_seconds": 60},
    },
}


async def until(ready: Callable[[], bool], what: str) -> None:
    for _ in range(2_000):
        if ready():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited in vain for {what}")


class Waiting:
    """A caller in the queue, and the work that rings for them."""

    def __init__(self, line: Line) -> None:
        services = line.room.services
        self.line = line
        self.work = QueueWork(services.database, services.channels, services.clock, "UTC")

    async def call(self, number: str, caller: Caller) -> asyncio.Task[Played]:
        """Calls, and returns once the caller has heard the music."""
        task = asyncio.ensure_future(self.line.twilio.calls.receive(number, OURS, caller))
        await until(lambda: task.done() or any(verb == "Play" for verb, _ in caller.heard), "music")
        return task

    async def rings(self) -> list[tuple[str, str]]:
        rows = select(QueueRingRow.number, QueueRingRow.state).order_by(QueueRingRow.asked_at, QueueRingRow.key)
        return [tuple(row) for row in await self.line.write(lambda conn: conn.execute(rows).all())]

    async def rang(self, wanted: list[tuple[str, str]]) -> None:
        """Waits until the rings are these: their end is told by a webhook, after it."""
        for _ in range(int(SECONDS * 50)):
            if (found := await self.rings()) == wanted:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(found)

    async def pass_(self, seconds: float) -> int:
        """Time passes, and the queue is looked at."""
        self.line.room.clock.advance(seconds=seconds)
        many = await self.work.run_once()
        # What rings comes to rest before the caller does.
        calls = self.line.twilio.account.calls
        await until(lambda: all(each.ended_at or each.direction == "inbound" for each in calls.values()), "silence")
        return many

    async def results(self) -> list[tuple[str, bool]]:
        rows = select(QueuedCallRow.result, QueuedCallRow.joined_at).order_by(QueuedCallRow.entered_at)
        return [
            (row.result, row.joined_at is not None) for row in await self.line.write(lambda c: c.execute(rows).all())
        ]


@pytest.fixture
async def queue(line: Line) -> AsyncIterator[Waiting]:
    await line.write(call_flows.save, "phone", FLOW, "ada", NOW)
    yield Waiting(line)
    if line.twilio.calls.talking is not None:
        line.twilio.calls.talking.set()


async def test_staff_is_rung_in_turn_for_who_waits_longest_and_takes_the_call(queue: Waiting) -> None:
    line = queue.line
    caller = Caller()
    task = await queue.call(PATIENT, caller)
    assert ("Say", "You are number 1 in the queue.") in caller.heard
    assert ("Say", "To leave a message, press 5.") in caller.heard
    assert await queue.pass_(1) == 1
    await queue.rang([(ADA, "over")])
    line.twilio.answering |= {ADA, BOB}
    line.twilio.keys[BOB] = "1"
    assert await queue.pass_(2) == 1
    played = await asyncio.wait_for(task, 20)
    assert [number for number, _ in await queue.rings()] == [ADA, BOB], "the other one first"
    assert played.steps[-1] == "Hangup"
    assert await queue.results() == [("bridged", True)]
    assert await queue.pass_(3) == 0, "nobody waits any more"

    def look(conn: Connection) -> Any:
        found = conn.scalars(select(InteractionRow.id)).one()
        return summary(interactions.events_of(conn, [found])[found])

    told = await line.write(look)
    assert (told.taken_by, told.missed) == (BOB, False)
    assert await line.tasks() == []


async def test_a_key_leads_to_a_message_and_so_does_waiting_too_long(queue: Waiting) -> None:
    line = queue.line
    pressed = await line.twilio.calls.receive(PATIENT, OURS, Caller(["", "7", "5"], voicemail_seconds=4))
    assert len(pressed.recordings) == 1
    assert "Nobody is free" not in pressed.said
    late = Caller(voicemail_seconds=3)
    task = await queue.call(SECOND, late)
    line.room.clock.advance(seconds=61)
    played = await asyncio.wait_for(task, 20)
    assert "Nobody is free" in played.said
    assert len(played.recordings) == 1
    assert await queue.results() == [("leave", False), ("leave", False)]
    assert await line.tasks() == ["open", "open"], "both are called back"


async def test_who_hangs_up_is_called_back_and_a_phone_that_rings_for_nobody_stops(queue: Waiting) -> None:
    class Gone(Caller):
        async def press(self, most: int) -> str:
            if len(self.heard) > 12:
                raise HungUp
            return ""

    played = await queue.line.twilio.calls.receive(PATIENT, OURS, Gone())
    assert played.status == "completed"
    assert [result for result, _ in await queue.results()] == ["hangup"]
    assert await queue.line.tasks() == ["open"]
    assert await queue.pass_(1) == 0


async def test_all_at_once_and_nobody_on_call(queue: Waiting) -> None:
    line = queue.line
    steps = {**FLOW["steps"], "wait": {**FLOW["steps"]["wait"], "together": True}}
    await line.write(call_flows.save, "phone", {**FLOW, "steps": steps}, "ada", NOW)
    task = await queue.call(PATIENT, Caller(voicemail_seconds=2))
    assert await queue.pass_(1) == 2
    nobody = {**ROSTER, "week": [{"days": ["sun"], "hours": "09:00-10:00", "people": ["Ada"]}]}
    await line.write(rosters.save, "desk", nobody, "ada", NOW)
    played = await asyncio.wait_for(task, 20)
    assert "Nobody is free" in played.said, "led on as soon as nobody is on call"
    at_once = await line.twilio.calls.receive(SECOND, OURS, Caller())
    assert "Enqueue" not in at_once.steps
    assert "Nobody is free" in at_once.said


class Talks:
    """Talks from a queue that records, one after the other, each lasting until it is told to end."""

    def __init__(self, queue: Waiting) -> None:
        self.queue, self.line = queue, queue.line

    async def prepare(self) -> None:
        steps = {**FLOW["steps"], "wait": {**FLOW["steps"]["wait"], "record": True}}
        await self.line.write(call_flows.save, "phone", {**FLOW, "steps": steps}, "ada", NOW)
        self.line.twilio.answering |= {ADA, BOB}
        self.line.twilio.keys |= {ADA: "1", BOB: "1"}

    async def begin(self, number: str, caller: Caller) -> tuple[asyncio.Task[Played], Call]:
        """Lets somebody call, wait, and be connected."""
        self.line.twilio.calls.talking = asyncio.Event()
        before = await self.queue.results()
        task = await self.queue.call(number, caller)
        [call] = [each for each in self.line.twilio.account.calls.values() if not each.ended_at]
        self.line.room.clock.advance(seconds=10)
        assert await self.queue.work.run_once() == 1, "a phone rings"
        for _ in range(1_000):
            if len(after := await self.queue.results()) > len(before) and after[-1][1]:
                return task, call
            await asyncio.sleep(0.02)
        raise AssertionError("nobody was connected")

    async def end(self, task: asyncio.Task[Played]) -> Played:
        talking = self.line.twilio.calls.talking
        assert talking is not None
        talking.set()
        played = await asyncio.wait_for(task, 20)
        calls = self.line.twilio.account.calls
        await until(lambda: all(each.ended_at for each in calls.values()), "the end of all calls")
        return played


async def test_a_talk_from_a_queue_is_recorded_for_who_was_told_so_and_did_not_mind(queue: Waiting) -> None:
    line, talks = queue.line, Talks(queue)
    await talks.prepare()
    minds, agrees, unlucky = Caller(["2"]), Caller([""]), Caller([""])
    task, call = await talks.begin(PATIENT, minds)
    assert minds.heard[0] == ("Say", "This call will be recorded. To go on without a recording, press 2.")
    assert (await queue.work.run_once(), call.recording) == (0, None), "who minds is not recorded"
    assert not (await talks.end(task)).recordings
    joined = ("Say", "You are being connected. This call is recorded.")
    assert joined not in minds.heard

    task, call = await talks.begin(SECOND, agrees)
    await until(lambda: joined in agrees.heard, "the announcement")
    assert [await queue.work.run_once(), await queue.work.run_once()] == [1, 0], "asked for once"
    assert call.recording is not None
    async with line.room.browser("agent") as browser:
        page = await browser.get("/calls/now")
        address = "/calls/now/" + page.text.split("/calls/now/")[1].split('"')[0]
        assert (await browser.post(address, {"act": "pause"})).status == 303
        assert call.recording_status == "paused"
        assert (await browser.post(address, {"act": "resume"})).status == 303
        [recording] = (await talks.end(task)).recordings
        assert line.twilio.account.recordings[recording].source == "StartCallRecordingAPI"

        task, call = await talks.begin(PATIENT, unlucky)
        line.twilio.faults.plan(Planned(kind=Fault.REFUSE, code=21220), 1)
        assert [await queue.work.run_once(), await queue.work.run_once()] == [1, 0], "not asked for again"
        assert "the provider refused" in (await browser.get("/calls/now")).text
        assert not (await talks.end(task)).recordings

    heard = [entry.heard for number in (ADA, BOB) for entry in line.twilio.log.of(number)]
    assert len(heard) == 3
    assert all("It will be recorded." in said[0][1] for said in heard), "staff is told as well"

    def look(conn: Connection) -> list[tuple[str, int]]:
        ids = list(conn.scalars(select(InteractionRow.id).order_by(InteractionRow.id)))
        learnt = interactions.events_of(conn, ids)
        kinds = [[step["kind"] for step in learnt[each]] for each in ids]
        return [
            (summary(learnt[each]).recording, told.count("call.recording"))
            for each, told in zip(ids, kinds, strict=True)
        ]

    assert await line.write(look) == [("unrecorded", 0), ("recorded", 1), ("failed", 0)]
