"""A lane: how many are with the provider at once, what one that is stopped leaves, and its pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.model.identity import Identity
from hub.outreach.lane import Lane
from hub.outreach.outcomes import Kind, Outcome
from hub.outreach.pace import Pace
from hub.outreach.prepare import Prepared
from hub.outreach.submitting import Go
from tests.hub.outreach.conftest import Outdoors

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@dataclass
class Ledger:
    """Keeps count of a lane; a message is with the provider until `let_arrive`."""

    due: int
    waits: bool = False
    apart: bool = False
    with_provider: int = 0
    submitting: int = 0
    most: tuple[int, int] = (0, 0)
    settled: list[Outcome] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    settled_at_once: list[int] = field(default_factory=list)
    let_arrive: asyncio.Event = field(default_factory=asyncio.Event)
    arrives: set[int] = field(default_factory=set)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    takes: Callable[[int], bool] = lambda _: False

    async def claim(self, lane: str, limit: int) -> list[Prepared]:
        taken = range(self.due - min(limit, self.due), self.due)
        self.due -= len(taken)
        return [
            Prepared(message={"id": number, "content": {}}, to=Identity("mailto", "ada@example.com"))
            for number in taken
        ]

    async def turn(self, ended: Sequence[Outcome], batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        self.submitting += len(batch)
        if self.apart:
            self._note()  # the next may be let through before any of these is settled
        self.submitting -= len(ended)
        self.settled += ended
        self.settled_at_once.append(len(ended))
        self.batches.append(len(batch))
        self._note()
        await asyncio.sleep(0)
        return [(one, Go(1, NOW)) for one in batch]

    async def hand_over(self, lane: str, prepared: Prepared, go: Go) -> Outcome:
        self.with_provider += 1
        self._note()
        try:
            await (self.let_arrive.wait() if self.waits else asyncio.sleep(0))
            if self.arrives - {prepared.id}:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            return _outcome(prepared, Kind.UNKNOWN)
        finally:
            self.with_provider -= 1
        return _outcome(prepared, Kind.ACCEPTED)

    def take(
        self, lane: str, prepared: Prepared, go: Go, tell: Callable[[Outcome], None]
    ) -> Callable[[], Outcome] | None:
        if not self.takes(prepared.id):
            return None
        self.with_provider += 1
        self._note()

        def arrive() -> None:
            self.with_provider -= 1
            tell(_outcome(prepared, Kind.ACCEPTED))

        answer = None if self.waits else asyncio.get_running_loop().call_soon(arrive)

        def call_off() -> Outcome:
            self.with_provider -= 1
            if answer is not None:
                answer.cancel()
            return _outcome(prepared, Kind.UNKNOWN)

        return call_off

    def not_begun(self, prepared: Prepared, go: Go) -> Outcome:
        return _outcome(prepared, Kind.TEMPORARY)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self.moved.clear()
                await self.moved.wait()

    def _note(self) -> None:
        self.moved.set()
        self.most = (max(self.most[0], self.with_provider), max(self.most[1], self.submitting))


def _outcome(prepared: Prepared, kind: Kind) -> Outcome:
    return Outcome(message=prepared.id, attempt=1, kind=kind, at=NOW)


async def _drain(lane: Lane) -> None:
    while tasks := lane.tasks():
        await asyncio.gather(*tasks)


@pytest.mark.outbound("state-at-once", "unknown-bounded")
@pytest.mark.parametrize("apart", [False, True], ids=["one transaction a turn", "two, side by side"])
@pytest.mark.parametrize(
    "takes",
    [
        pytest.param(lambda _: False, id="each handed over"),
        pytest.param(lambda _: True, id="all taken over"),
        pytest.param(lambda number: number % 7 > 2, id="some taken over"),
    ],
)
async def test_everything_due_goes_out_once_within_the_places_of_the_channel(
    apart: bool, takes: Callable[[int], bool]
) -> None:
    ledger = Ledger(due=500, apart=apart, takes=takes)
    lane = Lane("mail", 10, Pace(None), ledger, apart=apart)
    assert await lane.pull() == 20
    await _drain(lane)
    assert sorted(one.message for one in ledger.settled) == list(range(500)), "it claims on by itself"
    assert ledger.most == (6, 10), "two thirds with the provider, all of them in `submitting`"
    assert sum(ledger.batches) / len(ledger.batches) >= (2 if apart else 4), "commits are shared"


async def test_so_many_are_with_the_provider_as_its_channel_says_and_the_more_share_a_commit() -> None:
    ledger = Ledger(due=500)
    lane = Lane("texts", 60, Pace(None), ledger, in_flight=20)
    await lane.pull()
    await _drain(lane)
    assert sorted(one.message for one in ledger.settled) == list(range(500))
    assert ledger.most == (20, 60)
    assert sum(ledger.batches) / len(ledger.batches) >= 15


async def test_a_turn_settles_and_lets_through_no_more_than_the_event_loop_may_be_kept_from() -> None:
    ledger = Ledger(due=500, takes=lambda _: True)
    lane = Lane("mail", 60, Pace(None), ledger, most=8)
    await lane.pull()
    await _drain(lane)
    assert sorted(one.message for one in ledger.settled) == list(range(500))
    assert max(ledger.batches) == max(ledger.settled_at_once) == 8


async def test_one_that_has_ended_does_not_wait_for_slow_ones_to_be_settled() -> None:
    ledger = Ledger(due=6, waits=True)
    lane = Lane("texts", 30, Pace(None), ledger)
    await lane.pull()
    await ledger.until(lambda: ledger.with_provider == 6)
    ledger.arrives.add(3)
    ledger.let_arrive.set()
    await ledger.until(lambda: bool(ledger.settled))
    assert [one.message for one in ledger.settled] == [3]
    assert ledger.with_provider == 5
    await lane.stop(0)


@pytest.mark.outbound("unknown-bounded")
async def test_what_is_stopped_is_known_as_far_as_it_came() -> None:
    ledger = Ledger(due=100, waits=True)
    lane = Lane("mail", 4, Pace(0.001), ledger)
    await lane.pull()
    for _ in range(20):
        await asyncio.sleep(0)
    await lane.stop(0.01)
    kinds = [one.kind for one in ledger.settled]
    assert (kinds.count(Kind.UNKNOWN), kinds.count(Kind.TEMPORARY)) == (1, 3), "of three no byte had left"
    assert lane.tasks() == set()
    assert await lane.pull() == 0


@pytest.mark.outbound("unknown-bounded")
async def test_what_the_provider_has_taken_over_is_called_off_when_the_lane_is_stopped() -> None:
    ledger = Ledger(due=100, waits=True, takes=lambda _: True)
    lane = Lane("mail", 6, Pace(None), ledger)
    await lane.pull()
    await ledger.until(lambda: ledger.with_provider == 4)
    await lane.stop(0.01)
    kinds = [one.kind for one in ledger.settled]
    assert (kinds.count(Kind.UNKNOWN), kinds.count(Kind.TEMPORARY)) == (4, 2), "of two no byte had left"
    assert ledger.with_provider == 0
    assert lane.tasks() == set()


async def test_a_lane_with_a_pace_keeps_it() -> None:
    ledger = Ledger(due=10, takes=lambda _: True)
    lane = Lane("texts", 10, Pace(100.0), ledger)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await lane.pull()
    await _drain(lane)
    assert len(ledger.settled) == 10
    assert loop.time() - began >= 0.08, "never faster, however fast the machine"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("at_once", 0), ("at_once", True), ("at_once", "many"), ("in_flight", 0), ("in_flight", 501)],
        *[("per_second", 0), ("per_second", "fast")],
    ],
)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_setting_that_makes_no_sense_is_refused(out: Outdoors, key: str, value: Any) -> None:
    settings: Settings = out.settings
    settings.channels["outgoing_mail"].settings[key] = value
    with pytest.raises(ConfigurationError, match=key):
        out.dispatcher()
