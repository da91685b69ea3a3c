"""Lane: one channel's way out in one process. Claims ahead, lets through and settles in batches, hands over one by one.

While some messages are with the provider, the last are settled and the next are let through: both are one turn for all
that wait for it, so a message costs a share of a commit and the provider is never idle.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

from hub.model.errors import Unavailable
from hub.outreach.domain_pace import DomainPace
from hub.outreach.outcomes import Outcome
from hub.outreach.pace import Pace
from hub.outreach.prepare import Prepared
from hub.outreach.submitting import Go

log = logging.getLogger(__name__)

# What has ended waits so many seconds for others to share a commit, or as long as the last turn took: a message that
# shares its transactions with 150 costs PostgreSQL and the hub together two thirds of one among 50. Measured on SQLite:
# 0.2 s sent a tenth fewer mails than 0.05.
SHARED_WITHIN, LONGEST_SHARED = 0.05, 1.0


class Work(Protocol):
    """What a lane has done for it; only `claim` raises."""

    async def claim(self, lane: str, limit: int) -> list[Prepared]:
        """Takes messages that are due and renders them. Raises Unavailable."""
        ...

    async def turn(self, ended: Sequence[Outcome], batch: Sequence[Prepared]) -> Sequence[tuple[Prepared, Go]]:
        """Stores what came of messages; asks every gate of the next, commits `submitting`, returns what leaves now."""
        ...

    async def hand_over(self, lane: str, prepared: Prepared, go: Go) -> Outcome:
        """Gives a message to the provider; returns what came of it, also when it is cancelled."""
        ...

    def take(
        self, lane: str, prepared: Prepared, go: Go, tell: Callable[[Outcome], None]
    ) -> Callable[[], Outcome] | None:
        """Gives a message to a provider that takes it at once; `tell` is called once, later, with what came of it.

        Returns what calls it off and returns what is known of it then; None where it is to be handed over.
        """
        ...

    def not_begun(self, prepared: Prepared, go: Go) -> Outcome:
        """Returns the outcome of a message of which no byte has left."""
        ...


class Lane:
    """At most `at_once` messages are in `submitting`: let through, with the provider, or not settled yet.

    At most `in_flight` of them (two thirds where it is not given) are with the provider: the others have just been let
    through or just been answered, so the provider is kept busy while that is written down.
    `apart`: a turn is two transactions, side by side; what ends gives its place free only to the next turn.
    `most`: so many are settled, and so many let through, in one turn.
    """

    def __init__(
        self,
        name: str,
        at_once: int,
        pace: Pace,
        work: Work,
        domains: DomainPace | None = None,
        in_flight: int | None = None,
        *,
        apart: bool = False,
        most: int | None = None,
    ) -> None:
        self.name = name
        self._most = most or 2 * at_once
        self._at_once = at_once
        self._with_provider = max(1, min(at_once, at_once * 2 // 3 if in_flight is None else in_flight))
        # So many share a commit, where others keep the provider busy meanwhile: half of what is beside it.
        self._share = max(1, (at_once - self._with_provider) // 2)
        self._apart = apart
        self._pace = pace
        self._domains = domains or DomainPace()
        self._is_paced = pace.per_second is not None or not self._domains.is_limitless
        self._work = work
        self._waiting: deque[Prepared] = deque()
        self._through: deque[tuple[Prepared, Go]] = deque()
        self._ended: list[Outcome] = []
        self._submitting = 0
        self._senders = 0
        # What the provider has taken over: how to call each off, by its message.
        self._taken: dict[int, Callable[[], Outcome]] = {}
        self._last_turn = 0.0
        self._all_told = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_turning = False
        self._is_stopping = False
        self._claiming = asyncio.Lock()
        self._more = False
        self._news = asyncio.Event()

    async def pull(self) -> int:
        """Claims what is due, up to twice what may be in `submitting`; returns how many. Raises Unavailable."""
        async with self._claiming:
            free = 2 * self._at_once - len(self._waiting)
            if free < self._at_once or self._is_stopping:
                return 0
            taken = await self._work.claim(self.name, free)
            self._waiting.extend(taken)
            self._more = len(taken) == free
        self._news.set()
        self._turn_on()
        return len(taken)

    def tasks(self) -> set[asyncio.Task[None]]:
        """Returns what is going on now."""
        return self._tasks

    async def stop(self, seconds: float) -> None:
        """Lets what is with the provider arrive for so long; the rest is settled as not begun, or as unknown."""
        self._is_stopping, self._more = True, False
        self._waiting.clear()
        self._news.set()
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while self._tasks and (left := ends - loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        while late := set(self._tasks):
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._ended += [self._work.not_begun(prepared, go) for prepared, go in self._through]
        self._through.clear()
        if self._ended:
            await self._work.turn(self._ended, ())
            self._ended = []

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"lane {self.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_tell_of_a_fault)

    def _turn_on(self) -> None:
        if not self._is_turning and (self._waiting or self._ended):
            self._is_turning = True
            self._start(self._turns())

    async def _turns(self) -> None:
        """Settles what has ended and lets the next through, both in one turn, until there is nothing of either."""
        try:
            while self._waiting or self._ended:
                if self._more and len(self._waiting) <= self._at_once:
                    self._more = False
                    self._start(self._pull_on())
                await self._wait_for_more()
                await self._turn()
        finally:
            self._is_turning = False

    def _is_worth_a_turn(self) -> bool:
        next_ones = min(self._free(self._ended), len(self._waiting))
        return not self._senders or len(self._ended) >= self._share or next_ones >= self._share

    def _free(self, ended: Sequence[Outcome]) -> int:
        """Returns how many may be let through in a turn that settles these."""
        return self._at_once - self._submitting + (0 if self._apart else len(ended))

    async def _wait_for_more(self) -> None:
        """Waits until a turn is worth its commit; what has ended waits for others to share it, but only a moment."""
        loop, until = asyncio.get_running_loop(), None
        while not self._is_worth_a_turn():
            if self._ended and until is None:
                until = loop.time() + min(max(SHARED_WITHIN, self._last_turn), LONGEST_SHARED)
            self._news.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _pull_on(self) -> None:
        try:
            await self.pull()
        except Unavailable as error:
            log.warning("%s What is due waits.", error.message)

    async def _turn(self) -> None:
        ended, self._ended = self._ended[: self._most], self._ended[self._most :]
        many = min(len(self._waiting), self._free(ended), self._most)
        batch = [self._waiting.popleft() for _ in range(many)]
        self._submitting += many - len(ended)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            cleared = await self._work.turn(ended, batch)
        except asyncio.CancelledError:
            self._ended = ended + self._ended
            raise
        except Exception:
            self._submitting -= many
            raise
        self._last_turn = loop.time() - began
        self._submitting -= many - len(cleared)
        self._through.extend(cleared)
        self._send_on(len(self._through))

    def _send_on(self, most: int) -> None:
        """Gives the provider what it may have now: at once where it takes it so, else with a task for each."""
        for _ in range(min(most, self._with_provider - self._senders, len(self._through))):
            self._senders += 1
            if not self._gives_over():
                self._start(self._send())

    def _gives_over(self) -> bool:
        """Whether the provider has taken over the next one, which then needs no task of its own."""
        if self._is_paced or self._is_stopping:
            return False
        prepared, go = self._through[0]
        call_off = self._work.take(self.name, prepared, go, partial(self._told, prepared.id))
        if call_off is None:
            return False
        self._through.popleft()
        if not self._taken:
            self._all_told = asyncio.Event()
            self._start(self._wait_for_taken(self._all_told))
        self._taken[prepared.id] = call_off
        return True

    def _told(self, message: int, outcome: Outcome) -> None:
        del self._taken[message]
        self._senders -= 1
        self._end(outcome)
        self._send_on(1)
        if not self._taken:
            self._all_told.set()

    async def _wait_for_taken(self, all_told: asyncio.Event) -> None:
        """Is the task of all that the provider has taken over; cancelled, it calls off what is left of that."""
        try:
            await all_told.wait()
        except asyncio.CancelledError:
            taken, self._taken = self._taken, {}
            self._senders -= len(taken)
            self._ended += [call_off() for call_off in taken.values()]
            raise

    async def _send(self) -> None:
        try:
            # Where nothing may go now, whoever goes to those domains looks again afterwards.
            while not self._is_stopping and (chosen := self._domains.next_of(self._through)) is not None:
                prepared, go = chosen
                self._domains.enter(prepared.to)
                try:
                    try:
                        await self._domains.wait(prepared.to)
                        await self._pace.wait(prepared.parts)
                    except asyncio.CancelledError:
                        self._through.appendleft((prepared, go))
                        raise
                    outcome = await self._work.hand_over(self.name, prepared, go)
                finally:
                    self._domains.leave(prepared.to)
                self._end(outcome)
        finally:
            self._senders -= 1
            if not self._senders:
                self._news.set()

    def _end(self, outcome: Outcome) -> None:
        self._ended.append(outcome)
        if not self._senders or len(self._ended) == 1 or len(self._ended) >= self._share:
            self._news.set()
        self._turn_on()


def _tell_of_a_fault(task: asyncio.Task[None]) -> None:
    """Logs what nobody awaits; the messages themselves are taken up again when their lease ends."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)
