"""Jobs: one worker at a time, again after a failure or a death, given up in the end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from hub.store import jobs
from hub.store.jobs import Job
from hub.store.session import Database, open_database
from hub.store.tables import JobRow
from tests.builders import NOW, later

KIND = "fetch_media"


async def add(database: Database, *keys: str, kind: str = KIND) -> None:
    await database.write(lambda conn, _: jobs.enqueue(conn, kind, [(key, {"of": key}) for key in keys], NOW), None)


async def claim(database: Database, worker: str = "a", *, limit: int = 10, at: datetime = NOW) -> list[Job]:
    return await database.write(lambda conn, _: jobs.claim(conn, KIND, worker, at, limit), None)


async def fail(database: Database, job: Job, at: datetime = NOW, **how: Any) -> None:
    await database.write(lambda conn, _: jobs.fail(conn, job, "it broke", at, **how), None)


async def rows(database: Database) -> dict[str, Any]:
    def read(conn: Connection, _: None) -> dict[str, Any]:
        return {row.key: row for row in conn.execute(select(JobRow.__table__))}

    return await database.read(read, None)


async def test_a_key_is_one_job_however_often_it_is_asked_for(database: Database) -> None:
    await add(database, "1", "2")
    await add(database, "2", "3")
    assert [job.payload["of"] for job in await claim(database)] == ["1", "2", "3"]


async def test_a_worker_gets_only_jobs_of_its_kind(database: Database) -> None:
    await add(database, "1", kind="confirm_opt_in")
    await add(database, "2")
    assert [job.kind for job in await claim(database)] == [KIND]


async def test_two_workers_never_get_one_job(store_url: str) -> None:
    databases = [open_database(store_url) for _ in range(4 if store_url.startswith("postgresql") else 1)]
    for database in databases:
        await database.open()
    await add(databases[0], *(str(number) for number in range(100)))

    async def work(worker: int) -> list[int]:
        got: list[int] = []
        while claimed := await claim(databases[worker % len(databases)], f"w{worker}", limit=3):
            got += [job.id for job in claimed]
        return got

    got = [job for worker in await asyncio.gather(*[work(worker) for worker in range(8)]) for job in worker]
    assert len(got) == len(set(got)) == 100
    for database in databases:
        await database.close()


async def test_the_job_of_a_worker_that_died_goes_to_another_when_its_lease_ends(database: Database) -> None:
    await add(database, "1")
    (first,) = await claim(database, "a")
    assert await claim(database, "b", at=NOW + jobs.LEASE) == []
    (second,) = await claim(database, "b", at=NOW + jobs.LEASE + timedelta(seconds=1))
    assert (second.id, second.attempts) == (first.id, 2)


async def test_a_worker_whose_lease_ended_cannot_put_the_others_job_back(database: Database) -> None:
    await add(database, "1")
    (old,) = await claim(database, "a")
    after = NOW + jobs.LEASE + timedelta(seconds=1)
    await claim(database, "b", at=after)
    await fail(database, old, after)
    assert await claim(database, "c", at=after + timedelta(minutes=1)) == []


async def test_a_failed_job_waits_longer_each_time_up_to_an_hour(database: Database) -> None:
    await add(database, "1")
    at, waits = NOW, []
    for _ in range(14):
        (job,) = await claim(database, at=at)
        await fail(database, job, at)
        due = (await rows(database))[f"{KIND}:1"].run_at
        assert await claim(database, at=due - timedelta(milliseconds=1)) == []
        waits.append((due - at).total_seconds())
        at = due
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == 3600


async def test_a_job_is_given_up_when_it_never_can_succeed_or_was_tried_too_often(database: Database) -> None:
    await add(database, "never", "often")
    never, often = await claim(database)
    await fail(database, never, final=True)
    at = NOW
    while often is not None and not jobs.is_last(often):
        await fail(database, often, at)
        at += timedelta(hours=2)
        (often,) = await claim(database, at=at)
    await fail(database, often, at)
    found = await rows(database)
    assert {row.state for row in found.values()} == {"failed"}
    assert {row.last_error for row in found.values()} == {"it broke"}
    assert await claim(database, at=later(days=30)) == []


async def test_a_job_that_its_workers_die_of_is_given_up(database: Database) -> None:
    await add(database, "1")
    at = NOW
    for _ in range(jobs.MOST_ATTEMPTS):
        assert len(await claim(database, at=at)) == 1
        at += jobs.LEASE + timedelta(seconds=1)
    assert await claim(database, at=at) == []
    row = (await rows(database))[f"{KIND}:1"]
    assert row.state == "failed"
    assert "worker ended" in row.last_error


async def test_a_finished_job_stays_finished(database: Database) -> None:
    await add(database, "1")
    (job,) = await claim(database)
    await database.write(jobs.finish, job.id)
    assert await claim(database, at=later(days=1)) == []
    await add(database, "1")
    assert await claim(database, at=later(days=1)) == []
