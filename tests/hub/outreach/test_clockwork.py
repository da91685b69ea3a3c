"""Clockwork: plans, sends and reconciles by itself; rows say what has run; several processes run each job once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.model.errors import Unavailable
from hub.outreach.clockwork import RECONCILE, Clockwork
from hub.outreach.ticks import Job, Ticks
from hub.store import leases
from hub.store.blobs import FileBlobs
from hub.store.tables import LeaseRow, MessageRow
from tests.hub.outreach.conftest import KEYS, Outdoors
from tests.hub.outreach.sending import MAIL, due_reminder, queue_reply


def clockwork(out: Outdoors, worker: str = "one") -> Clockwork:
    return Clockwork(
        database=out.database,
        blobs=FileBlobs(out.folder / "blobs"),
        channels=out.channels,
        settings=out.settings,
        keys=KEYS,
        worker=worker,
        clock=out.clock,
        address_of=lambda channel: "http://127.0.0.1:1",
        public_url="https://hub.example.com",
    )


async def until(found: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    async with asyncio.timeout(seconds):
        while not (value := await found()):  # noqa: ASYNC110  # what it waits for is a row
            await asyncio.sleep(0.05)
    return value


async def ticks(out: Outdoors) -> dict[str, dict[str, Any]]:
    rows = await out.database.read(lambda conn, _: leases.ticks(conn), None)
    return {row["name"]: row for row in rows}


async def test_an_appointment_is_planned_and_reminded_of_without_anybody(out: Outdoors) -> None:
    await out.appointment(await out.customer(MAIL), hours=1.9)
    running = asyncio.create_task(clockwork(out).run())

    async def sent() -> bool:
        return (await out.states())[:1] == [("accepted", "")]

    async def told() -> bool:
        found = await ticks(out)
        return set(found) >= {"plan", "dispatch", "reconcile"} and all(row["last_ok_at"] for row in found.values())

    await until(sent)
    await until(told)
    rows = await ticks(out)
    assert not any(row["last_error"] for row in rows.values())
    assert all(row["next_run_at"] > row["last_run_at"] for row in rows.values())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(out.mails()) == 1
    alive = await out.database.read(lambda conn, _: conn.execute(select(LeaseRow.name, LeaseRow.until)).all(), None)
    shown = [row.until <= out.clock() for row in alive if row.name == "process/one"]
    assert shown == ([True] if out.database.engine == "postgresql" else []), "it said that it lived, and that it left"


async def test_a_nudge_wakes_the_dispatcher_at_once(out: Outdoors, monkeypatch: Any) -> None:
    monkeypatch.setattr("hub.outreach.clockwork.DISPATCH_EVERY", timedelta(seconds=600))
    await due_reminder(out)
    await out.send()
    row = (await out.messages())[0]
    work = clockwork(out)
    running = asyncio.create_task(work.run())

    async def beating() -> bool:
        return "dispatch" in await ticks(out)

    await until(beating)
    await asyncio.sleep(0.3)
    await queue_reply(out, row)
    out.clock.pass_(seconds=11)
    work.nudge()

    async def answered() -> bool:
        return len(out.mails()) == 2

    await until(answered)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.outbound("ticker")
async def test_a_job_runs_once_for_all_processes_and_keeps_its_error(out: Outdoors) -> None:
    ran: list[str] = []

    def job(worker: str, fails: Exception | None = None) -> Job:
        async def work() -> int:
            ran.append(worker)
            if fails is not None:
                raise fails
            return 1

        return Job("count", timedelta(seconds=30), work)

    one, two = clockwork(out), clockwork(out, "two")
    await asyncio.gather(*[work.ticks.tick(job(name)) for name, work in (("one", one), ("two", two)) for _ in range(5)])
    assert len(ran) == 1
    out.clock.pass_(seconds=31)
    await two.ticks.tick(job("two", Unavailable("The provider is away.")))
    assert (await ticks(out))["count"]["last_error"] == "The provider is away."
    out.clock.pass_(seconds=31)
    await one.ticks.tick(job("one", RuntimeError("a fault")))
    assert (await ticks(out))["count"]["last_error"] == "RuntimeError: a fault"
    out.clock.pass_(seconds=31)
    await one.ticks.tick(job("one"))
    row = (await ticks(out))["count"]
    assert (row["last_error"], len(ran)) == ("", 4)
    assert row["lag_ms"] >= 900, "asked 31 s later for what was due after 30"


@pytest.mark.outbound("crash-answered")
async def test_a_hub_that_begins_looks_at_once_for_what_another_left(out: Outdoors) -> None:
    await due_reminder(out)
    left = {"state": "submitting", "worker": "dead", "lease_until": out.clock(), "attempt": 1, "body_hash": "x"}
    await out.write(lambda conn: conn.execute(update(MessageRow).values(**left)))
    await out.write(lambda conn: leases.claim_tick(conn, RECONCILE, out.clock(), timedelta(hours=1)))
    running = asyncio.create_task(clockwork(out).run())

    async def taken_up() -> bool:
        return await out.states() == [("unknown", "process_died")]

    await until(taken_up)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_repeats_each_second_is_told_twice_a_minute_and_its_failure_at_once(out: Outdoors) -> None:
    ran: list[datetime] = []
    fails: list[Exception] = []
    now = [out.clock().replace(microsecond=0)]

    async def work() -> int:
        ran.append(now[0])
        if fails:
            raise fails[0]
        return 0

    often, ticking = Job("often", timedelta(seconds=2), work), Ticks(out.database, lambda: now[0])

    async def told(times: int) -> tuple[int, str]:
        for _ in range(times):
            now[0] += timedelta(seconds=1)
            await ticking.tick(often)
        row = (await ticks(out))["often"]
        return ran.index(row["last_ok_at"]), row["last_error"]

    assert await told(11) == (0, "")
    assert len(ran) == 6, "asked each second, due every other"
    fails.append(Unavailable("The provider is away."))
    assert await told(2) == (0, "The provider is away.")
    fails.clear()
    assert await told(2) == (7, "")
    assert await told(28) == (7, "")
    assert await told(2) == (22, "")
    assert len(ran) == 23
