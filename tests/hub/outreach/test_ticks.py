"""Repeated jobs: one look at their rows serves all that are asked for together, and each runs once for all."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from hub.outreach.ticks import Job, Ticks
from hub.store import leases
from hub.store.session import Database

_EVERY = timedelta(minutes=1)


async def test_jobs_that_two_processes_ask_for_together_run_once_each_time_they_are_due(database: Database) -> None:
    ran: Counter[str] = Counter()
    now = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def job(name: str) -> Job:
        async def work() -> int:
            ran[name] += 1
            return 0

        return Job(name, _EVERY, work)

    jobs = [job(name) for name in ("plan", "rates", "learn")]
    processes = [Ticks(database, lambda: now) for _ in range(2)]
    for round_ in range(1, 4):
        for _ in range(2):
            await asyncio.gather(*[process.tick(each) for process in processes for each in jobs])
            assert ran == {each.name: round_ for each in jobs}
        now += _EVERY
    rows = await database.read(leases.ticks_by_name, None)
    assert {name: row.next_run_at for name, row in rows.items()} == {each.name: now for each in jobs}
