"""Problems as rows: opened, refreshed, ended, put off; on both engines."""

from __future__ import annotations

import pytest

from hub.insight.finders import found
from hub.model.errors import NotFound
from hub.model.problem import Severity
from hub.store import problems
from hub.store.problems import Found, Noted
from hub.store.session import Database
from tests.builders import NOW, later

LOGIN = found("login", "support_mail", said="[AUTHENTICATIONFAILED]")
DISK = found("disk_low", "data", free="1 GB", total="9 GB")


async def note(database: Database, finder: str, *told: Found, at: float = 0) -> list[Noted]:
    now = later(minutes=at)

    def work(conn, _):  # type: ignore[no-untyped-def]
        problems.note(conn, finder, told, now)
        return problems.open_problems(conn, now)

    return await database.write(work, None)


async def test_a_problem_keeps_since_when_and_ends_when_its_finder_finds_it_gone(database: Database) -> None:
    await note(database, "check", LOGIN)
    again = await note(database, "check", LOGIN, at=15)
    assert [(one.since, one.seen_at) for one in again] == [(NOW, later(minutes=15))]
    assert await note(database, "check", at=30) == []
    ended = await database.read(lambda conn, _: problems.ended_problems(conn, 5), None)
    assert [(one.code, one.ended_at) for one in ended] == [("login", later(minutes=30))]
    anew = await note(database, "check", LOGIN, at=45)
    assert [one.since for one in anew] == [later(minutes=45)]


async def test_one_finder_never_ends_what_another_found_and_the_last_who_saw_it_owns_it(database: Database) -> None:
    await note(database, "disk", DISK)
    await note(database, "channels", LOGIN)
    assert len(await note(database, "check", LOGIN, at=1)) == 2  # one row for the same thing at the same place
    assert [one.finder for one in await note(database, "channels", at=2)] == ["check", "disk"]
    assert [one.code for one in await note(database, "check", at=3)] == ["disk_low"]


async def test_finders_that_are_no_more_leave_nothing_behind(database: Database) -> None:
    await note(database, "check/old_mail", LOGIN)
    await note(database, "disk", DISK)
    await database.write(lambda conn, now: problems.end_of_others(conn, {"disk"}, now), later(minutes=1))
    assert [one.code for one in await note(database, "disk", DISK)] == ["disk_low"]


async def test_later_hides_a_problem_until_then_or_until_it_gets_worse(database: Database) -> None:
    (row,) = await note(database, "disk", DISK)
    await database.write(lambda conn, _: problems.put_off(conn, row.id, later(days=1)), None)
    assert await note(database, "disk", DISK, at=5) == []
    hidden = await database.read(lambda conn, _: problems.open_problems(conn, later(hours=1), hidden=True), None)
    assert [one.code for one in hidden] == ["disk_low"]
    assert await database.read(problems.counts, later(hours=1)) == {}
    assert await database.read(problems.counts, later(days=2)) == {Severity.WARNING: 1}
    worse = found("disk_low", "data", severity=Severity.ERROR, free="1 MB", total="9 GB")
    assert [one.severity for one in await note(database, "disk", worse, at=10)] == ["error"]


async def test_what_is_mended_cannot_be_put_off_and_is_forgotten_after_some_weeks(database: Database) -> None:
    (row,) = await note(database, "disk", DISK)
    await note(database, "disk", at=1)
    with pytest.raises(NotFound):
        await database.write(lambda conn, _: problems.put_off(conn, row.id, later(days=1)), None)
    for weeks, left in ((7, 1), (9, 0)):
        await database.write(problems.forget_old, later(weeks=weeks))
        assert len(await database.read(lambda conn, _: problems.ended_problems(conn, 5), None)) == left


async def test_the_worst_and_oldest_come_first(database: Database) -> None:
    notice = found("time_zones_old", "hub", version="2020a")
    await note(database, "a", DISK, notice)
    told = await note(database, "b", LOGIN, found("backup_none", "hub", since=later(days=-3)), at=1)
    assert [one.code for one in told] == ["login", "backup_none", "disk_low", "time_zones_old"]
