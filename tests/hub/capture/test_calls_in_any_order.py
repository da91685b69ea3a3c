"""One interaction a call, whatever the order of its events; a missed call is a task until somebody was spoken to."""

from __future__ import annotations

from dataclasses import astuple
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from hub.capture.capture import Capture
from hub.insight.calls import CallSummary, summary
from hub.model.contact import Attachment
from hub.model.event import CallEvent, CallStep
from hub.model.identity import Identity
from hub.outreach.queues import look
from hub.store import interactions, queues
from hub.store.session import Database, open_database
from hub.store.tables import AttachmentRow, ConversationRow, InteractionRow, QueuedCallRow, TaskRow
from tests.builders import call, incoming, later

RECORDING = Attachment(filename="r.mp3", content_type="audio/mpeg", url="http://127.0.0.1:1/r")


def _events(number: int, *, taken: bool) -> list[CallEvent]:
    more: dict[str, Any] = {"id": f"CA{number}", "caller": f"+1415555{number:04}"}
    steps = [
        call(CallStep.RINGING, status="ringing", **more),
        call(CallStep.CHOSEN, status="1", occurred_at=later(seconds=2), **more),
        call(CallStep.RUNG, status="no-answer", occurred_at=later(seconds=20), **more),
        call(CallStep.ENDED, status="completed", duration=60, occurred_at=later(seconds=60), **more),
        call(CallStep.RECORDING, duration=40, recording=RECORDING, occurred_at=later(seconds=30), **more),
    ]
    connected = call(CallStep.CONNECTED, answered_by="+14155550111", occurred_at=later(seconds=25), **more)
    return [*steps, connected] if taken else steps


@pytest.mark.parametrize("taken", [False, True], ids=["missed", "taken in the end"])
async def test_any_order_of_a_calls_events_gives_the_same_call(sqlite_store_url: str, taken: bool) -> None:
    database = open_database(sqlite_store_url)
    await database.open()
    orders = list(permutations(range(6 if taken else 5)))[:: 23 if taken else 4]

    def all_of_them(conn: Connection, _arg: None) -> None:
        take = Capture(b"k" * 32)
        for number, order in enumerate(orders):
            events = _events(number, taken=taken)
            for place in (*order, order[0]):  # the first one comes again
                take(conn, [incoming(events[place], key=f"{number}/{place}")])

    def found(conn: Connection, _arg: None) -> tuple[set[tuple[Any, ...]], Any, Any, Any]:
        ids = list(conn.scalars(select(InteractionRow.id)))
        sums: set[tuple[Any, ...]] = {astuple(summary(steps)) for steps in interactions.events_of(conn, ids).values()}
        files = conn.scalar(select(func.count()).select_from(AttachmentRow))
        open_tasks = conn.scalar(select(func.count()).select_from(TaskRow).where(TaskRow.state == "open"))
        return sums, len(ids), files, open_tasks

    await database.write(all_of_them, None)
    sums, calls, files, tasks = await database.read(found, None)
    await database.close()
    status, by = ("completed", "+14155550111") if taken else ("no-answer", "")
    same = CallSummary(status=status, seconds=60, voicemail=False, transcript="", taken_by=by)
    assert sums == {astuple(same)}
    assert (calls, files, tasks) == (len(orders), len(orders), 0 if taken else len(orders))


async def test_any_order_of_a_queues_events_leaves_nobody_waiting(database: Database) -> None:
    def all_of_them(conn: Connection, _arg: None) -> set[tuple[Any, ...]]:
        take = Capture(b"k" * 32)
        for number, order in enumerate(permutations(range(4))):
            more: dict[str, Any] = {"id": f"CA{number}", "caller": f"+1415555{number:04}"}
            events = [
                call(CallStep.QUEUED, extra={"step": "wait"}, occurred_at=later(seconds=1), **more),
                call(CallStep.CONNECTED, answered_by="+14155550111", occurred_at=later(seconds=9), **more),
                call(CallStep.LEFT, status="bridged", extra={"step": "wait"}, occurred_at=later(seconds=50), **more),
                call(CallStep.ENDED, status="completed", occurred_at=later(seconds=51), **more),
            ]
            for place in order:
                take(conn, [incoming(events[place], key=f"{number}/{place}")])
        assert queues.waiting(conn, later(seconds=60)) == []
        ring = {"key": "r", "channel": "main_phone", "step": "wait", "number": "+14155550111"}
        assert queues.begin_ring(conn, {**ring, "asked_at": later(seconds=2)})
        assert not queues.begin_ring(conn, {**ring, "key": "twice", "asked_at": later(seconds=3)})
        assert queues.last_rung(conn, ["+14155550111"], later()) == {"+14155550111": later(seconds=2)}
        acts = look(conn, later(seconds=60), "UTC")
        assert [each.key for each in acts.end] == ["r"], "it rings for nobody"
        queues.note_ring(conn, call(CallStep.ENDED, ring="r", occurred_at=later(seconds=61)))
        assert not look(conn, later(seconds=62), "UTC").end
        kept = QueuedCallRow.entered_at, QueuedCallRow.joined_at, QueuedCallRow.left_at, QueuedCallRow.result
        return {tuple(row) for row in conn.execute(select(*kept))}

    told = await database.write(all_of_them, None)
    assert told == {(later(seconds=1), later(seconds=9), later(seconds=50), "bridged")}


async def test_a_callback_is_done_when_they_call_again_or_are_called_back(database: Database) -> None:
    """A call that is missed later than the one that was taken stays to be called back."""

    async def tell(*events: CallEvent) -> list[str]:
        def work(conn: Connection, _arg: None) -> list[str]:
            for event in events:
                Capture(b"k" * 32)(conn, [incoming(event, key=event.external_id)])
            return list(conn.scalars(select(TaskRow.state).order_by(TaskRow.id)))

        return list(await database.write(work, None))

    missed = {"status": "no-answer"}
    assert await tell(call(CallStep.ENDED, id="CA1", **missed)) == ["open"]
    assert await tell(call(CallStep.CONNECTED, id="CA2", occurred_at=later(minutes=5))) == ["done"]
    assert await tell(call(CallStep.ENDED, id="CA3", occurred_at=later(minutes=9), **missed)) == ["done", "open"]
    assert await tell(call(CallStep.CONNECTED, id="CA4", occurred_at=later(minutes=6))) == ["done", "open"]
    back: dict[str, Any] = {"caller": "+14155550100", "outbound": True, "occurred_at": later(minutes=12)}
    called = call(CallStep.CONNECTED, id="CA5", **{**back, "called": call(CallStep.RINGING).caller})
    assert await tell(called) == ["done", "done"]
    told_late = call(CallStep.ENDED, id="CA6", occurred_at=later(minutes=11), **missed)
    assert await tell(told_late) == ["done", "done"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_call_that_the_hub_makes_by_itself_leaves_open_what_nobody_answered(database: Database) -> None:
    asked = call(CallStep.RINGING, id="CA1")
    theirs: dict[str, Any] = {"outbound": True, "caller": "+14155550100", "message": "7"}

    def work(conn: Connection, _arg: None) -> list[tuple[str, bool]]:
        take = Capture(b"k" * 32)
        take(conn, [incoming(asked, key="1")])
        take(conn, [incoming(call(CallStep.RINGING, id="CA2", called=asked.caller, **theirs), key="2")])
        alone = call(CallStep.RINGING, id="CA3", called=Identity("tel", "+14155550177"), **theirs)
        take(conn, [incoming(alone, key="3")])
        rows = conn.execute(select(ConversationRow.state, ConversationRow.unread).order_by(ConversationRow.id))
        return [(row.state, row.unread) for row in rows]

    assert await database.write(work, None) == [("open", True), ("waiting", False)]
