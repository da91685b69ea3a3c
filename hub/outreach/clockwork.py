"""Clockwork: one ticker for planning, sending and reconciling; rows keep what has run, for all processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection

from hub.config import Settings
from hub.model.errors import HubError
from hub.outreach import acknowledging, calling_back, placed_calls, queues
from hub.outreach.campaigning.flights import Flights
from hub.outreach.campaigning.rates import Guard
from hub.outreach.campaigning.running import Runs
from hub.outreach.day_reminders import missing_day_reminders
from hub.outreach.dispatch import Dispatcher
from hub.outreach.house import House
from hub.outreach.learning import Learning
from hub.outreach.planning import Plan, missing_reminders, store_plan
from hub.outreach.reconcile import Reconciler
from hub.outreach.sequencing.working import Sequences
from hub.outreach.ticks import Job, Ticks
from hub.store import leases
from hub.store.blobs import Blobs
from hub.store.keys import Keys
from hub.store.recovery import ALIVE_EVERY, show_alive
from hub.store.session import Database

log = logging.getLogger(__name__)

PLAN_EVERY = timedelta(seconds=10)
# Days are planned two days ahead, so a look now and then is early enough.
DAYS_EVERY = timedelta(minutes=5)
RECONCILE, RECONCILE_EVERY = "reconcile", timedelta(seconds=10)
RUNS_EVERY = timedelta(seconds=2)
ACKNOWLEDGE_EVERY = timedelta(seconds=2)
RATES_EVERY = timedelta(seconds=30)
FLIGHTS_EVERY = timedelta(seconds=1)
SEQUENCES_EVERY = timedelta(seconds=5)
CALLBACKS_EVERY = timedelta(minutes=1)
# Reads all purchases; what it finds changes slowly.
LEARN_EVERY = timedelta(hours=6)
MARGINS_EVERY = timedelta(minutes=5)
DISPATCH_EVERY = timedelta(seconds=0.5)
# The row says when a job is due; the ticker only asks often enough that it is not late.
ASK_EVERY = timedelta(seconds=1)
_AFTER_TROUBLE_SECONDS = 2.0
# What asks the world outside, or answers what came in: nothing of it is to be foreseen.
_OF_NOW = frozenset({RECONCILE, "acknowledge", "rates", "flights", "placed_calls", "queues"})


class Clockwork:
    """Runs the way out of one process until it is cancelled."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        channels: Mapping[str, object],
        settings: Settings,
        keys: Keys,
        worker: str,
        clock: Callable[[], datetime],
        address_of: Callable[[str], str],
        public_url: str,
    ) -> None:
        self.dispatcher = Dispatcher(database, channels, settings, keys, blobs, worker, clock, address_of, public_url)
        self.reconciler = Reconciler(self.dispatcher)
        self.runs = Runs(database, self.dispatcher.house, self.dispatcher.rulebook, worker, clock, self.nudge)
        house, book = self.dispatcher.house, self.dispatcher.rulebook
        self.flights = Flights(database, house, book, worker, clock)
        self.sequences = Sequences(database, house, book, clock, self.nudge)
        self._guard = Guard(database, settings.rates, clock)
        learning = Learning(database, clock, self.dispatcher.house.time_zone)
        self._database = database
        self.ticks = Ticks(database, clock)
        self._clock = clock
        self._wake = asyncio.Event()
        self._worker = worker
        self._shown_at: datetime | None = None
        self._beat = Job("dispatch", PLAN_EVERY, self.dispatcher.dispatch)
        self._jobs = (
            Job("plan", PLAN_EVERY, self.plan),
            Job("days", DAYS_EVERY, self.plan_days),
            Job(RECONCILE, RECONCILE_EVERY, self.reconciler.run_once),
            Job("runs", RUNS_EVERY, self.runs.run_once),
            Job("rates", RATES_EVERY, self._guard.run_once),
            Job("acknowledge", ACKNOWLEDGE_EVERY, self.acknowledge),
            Job("placed_calls", placed_calls.EVERY, placed_calls.PlacedCalls(database, channels, clock).run_once),
            Job("queues", queues.EVERY, queues.QueueWork(database, channels, clock, settings.hub.time_zone).run_once),
            Job("flights", FLIGHTS_EVERY, self.flights.run_once),
            Job("callbacks", CALLBACKS_EVERY, self.remind_staff),
            Job("learn", LEARN_EVERY, learning.run_once),
            Job("margins", MARGINS_EVERY, learning.reckon),
            Job("sequences", SEQUENCES_EVERY, self.sequences.run_once),
        )

    def nudge(self) -> None:
        """Wakes the dispatcher of this process: something was just queued or is due earlier."""
        self._wake.set()

    async def look_ahead(self, *besides: str) -> None:
        """Runs once all that plans by the clock, besides these, whatever its row says: for a clock that jumps."""
        for job in self._jobs:
            if job.name not in _OF_NOW | set(besides):
                await job.work()

    async def run(self) -> None:
        """Plans, sends and reconciles until cancelled; what is on its way may still arrive then."""
        # It would tell of every run that outlasts its second or ends with the process; a tick tells its own failures.
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        scheduler = AsyncIOScheduler(timezone=UTC)
        for job in self._jobs:
            trigger = IntervalTrigger(seconds=ASK_EVERY.total_seconds(), timezone=UTC)
            scheduler.add_job(
                self.ticks.tick, trigger, [job], id=job.name, max_instances=1, coalesce=True, misfire_grace_time=None
            )
        await self._recover()
        scheduler.modify_job(RECONCILE, next_run_time=datetime.now(UTC))
        scheduler.start()
        try:
            await self._send_on()
        finally:
            scheduler.shutdown(wait=False)
            await self.dispatcher.stop()
            await self._leave()

    async def plan(self) -> int:
        """Plans reminders of appointments; returns how many messages."""
        return await self._plan(missing_reminders)

    async def plan_days(self) -> int:
        """Plans reminders of days; returns how many messages."""
        book = self.dispatcher.rulebook
        return await self._plan(lambda conn, now, house: missing_day_reminders(conn, now, house, book))

    async def remind_staff(self) -> int:
        """Plans reminders of calls back that are due; returns how many messages. It reads first."""
        now, house = self._clock(), self.dispatcher.house
        owed = await self._database.read(lambda conn, at: calling_back.look(conn, at, house), now)
        many = await self._database.write(calling_back.keep, (owed, house, now)) if owed else 0
        if many:
            self.nudge()
        return many

    async def _plan(self, missing: Callable[[Connection, datetime, House], Plan]) -> int:
        """Reads first: most of the time there is nothing to write."""
        plan = await self._database.read(lambda conn, at: missing(conn, at, self.dispatcher.house), self._clock())
        if plan:
            await self._database.write(store_plan, plan)
            self.nudge()
        return len(plan.messages)

    async def acknowledge(self) -> int:
        """Plans acknowledgements of the mail that came since; returns how many messages. It reads first."""
        now = self._clock()
        found = await self._database.read(lambda conn, at: acknowledging.look(conn, at, self.dispatcher.house), now)
        many = await self._database.write(acknowledging.keep, found) if found else 0
        if many:
            self.nudge()
        return many

    async def _send_on(self) -> None:
        """Sends whatever is due, at every nudge and twice a second; its row shows that it is alive."""
        while True:
            rest = DISPATCH_EVERY.total_seconds()
            try:
                await self._show_alive()
                await self.ticks.tick(self._beat)
                await self.dispatcher.dispatch()
            except HubError as error:
                log.warning("dispatch: %s", error.message)
                rest = _AFTER_TROUBLE_SECONDS
            except Exception:
                log.exception("dispatch failed and is tried again")
                rest = _AFTER_TROUBLE_SECONDS
            try:
                async with asyncio.timeout(rest):
                    await self._wake.wait()
            except TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _show_alive(self) -> None:
        """Lets other processes know that this one has not died with what it holds; on SQLite there are none."""
        now = self._clock()
        if self._database.engine == "sqlite" or (self._shown_at is not None and now < self._shown_at + ALIVE_EVERY):
            return
        await self._database.write(lambda conn, at: show_alive(conn, self._worker, at), now)
        self._shown_at = now

    async def _leave(self) -> None:
        if self._shown_at is None:
            return
        try:
            await self._database.write(lambda conn, at: show_alive(conn, self._worker, at, timedelta(0)), self._clock())
        except HubError as error:
            log.warning("what this process held is free later: %s", error.message)

    async def _recover(self) -> None:
        """Looks at once for what others left doubtful: where one begins, another may have died in the middle of it.

        On SQLite this is the only process that sends: whatever another had in hand, that one is gone.
        """
        try:
            if self._database.engine == "sqlite":
                await self.dispatcher.replay()
                await self.reconciler.recover()
            else:
                await self._database.write(lambda conn, now: leases.hurry(conn, [RECONCILE], now), self._clock())
        except HubError as error:
            log.warning("what was left lying is taken up later: %s", error.message)
