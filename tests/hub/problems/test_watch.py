"""The watch: every channel tried, every question asked, what is mended gone; what fails stops nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from hub.app.hub import Hub, opened
from hub.app.watching import Beat, Watch, checking
from hub.config import load
from hub.insight.health import repeated_jobs
from hub.model.errors import Unavailable
from hub.model.problem import Problem, Severity
from hub.secrets import create_hub_key
from hub.store import dispatching, health, problems
from hub.store.leases import ticks
from hub.store.tables import ChannelStateRow
from tests.builders import NOW, later
from tests.patience import PATIENT
from tests.web_room import Clock

HUB_TOML = """
[channels.support_mail]
adapter = "channels.maildir:Maildir"
path = "{folder}"
[channels.outgoing_mail]
adapter = "channels.maildir:Maildir"
path = "{folder}"
"""
LOGIN = Problem(
    code="login",
    severity=Severity.ERROR,
    where="support_mail",
    message="imap.example.com:993 refuses the login of support@example.com.",
    cause="[AUTHENTICATIONFAILED] Authentication failed.",
)


@dataclass
class Lamp:
    """A channel that says what it is told to say."""

    name: str
    problems: list[Problem] = field(default_factory=list)
    fails: Callable[[], None] = lambda: None
    hangs: bool = False

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def check(self) -> Sequence[Problem]:
        self.fails()
        if self.hangs:
            await asyncio.Event().wait()
        return self.problems


@dataclass
class Scene:
    hub: Hub
    watch: Watch
    mail: Lamp
    out: Lamp

    async def found(self) -> dict[str, str]:
        """Returns where each open problem is, by its code."""
        told = await self.hub.database.read(lambda conn, _: problems.open_problems(conn, later(days=1)), None)
        return {each.code: each.place for each in told}

    async def look(self) -> dict[str, str]:
        await self.watch.look_again()
        return await self.found()

    async def looked(self) -> list[dict[str, Any]]:
        """Waits until both jobs have ended well once; returns their rows."""
        while True:
            rows = await self.hub.database.read(lambda conn, _: ticks(conn), None)
            if len(rows) == 2 and all(row["last_ok_at"] for row in rows):
                return rows
            await asyncio.sleep(0.02)

    async def note(self, work: Callable[[Connection], None]) -> None:
        await self.hub.database.write(lambda conn, _: work(conn), None)


@pytest.fixture
async def scene(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Scene]:
    """A hub with two channels, and its watch."""
    shutil.copyfile(sqlite_template, tmp_path / "hub.sqlite3")
    create_hub_key(tmp_path)
    file = tmp_path / "hub.toml"
    file.write_text(HUB_TOML.format(folder=tmp_path / "mail"))
    settings = load({"data": tmp_path}, file=file, environment=PATIENT)
    mail, out = Lamp("support_mail"), Lamp("outgoing_mail")
    async with opened(settings, clock=Clock(), with_channels=False) as hub:
        hub = replace(hub, channels={"support_mail": mail, "outgoing_mail": out})
        yield Scene(hub, Watch(hub), mail, out)


async def test_what_a_channel_says_becomes_a_row_and_is_gone_when_mended(scene: Scene) -> None:
    assert await scene.look() == {}
    scene.mail.problems = [LOGIN]
    assert await scene.look() == {"login": "support_mail"}
    scene.mail.problems = []
    assert await scene.look() == {}


async def test_looking_again_ends_what_was_noted_of_a_channel_that_is_well_now(scene: Scene) -> None:
    def ail(conn: Connection) -> None:
        health.note_problem(conn, LOGIN, NOW)
        dispatching.pause_by_provider(conn, replace(LOGIN, where="outgoing_mail", code="channel_broken"), NOW)

    await scene.note(ail)
    scene.mail.problems = [LOGIN]
    assert await scene.look() == {"login": "support_mail"}  # the other channel's check went well
    scene.mail.problems = []
    assert await scene.look() == {}
    states = await scene.hub.database.read(lambda conn, _: health.channel_states(conn), None)
    assert [states[name]["paused_at"] for name in ("support_mail", "outgoing_mail")] == [None, None]


async def test_what_staff_paused_stays_paused(scene: Scene) -> None:
    await scene.note(lambda conn: health.pause(conn, "outgoing_mail", "paused by Grace", NOW))
    assert await scene.look() == {"channel_paused": "outgoing_mail"}


async def test_a_check_that_fails_or_hangs_is_a_problem_and_stops_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("the lamp broke")

    monkeypatch.setattr(checking, "SECONDS", 0.05)
    scene.mail.fails, scene.out.hangs = fail, True
    assert await scene.look() == {"check_failed": "support_mail", "check_timeout": "outgoing_mail"}


async def test_a_question_that_fails_is_a_problem_and_keeps_what_it_found_before(scene: Scene) -> None:
    await scene.note(lambda conn: health.pause(conn, "outgoing_mail", "paused by Grace", NOW))
    assert await scene.look() == {"channel_paused": "outgoing_mail"}
    kept = {"code": "x", "severity": "purple", "where": "support_mail", "message": "?"}
    await scene.note(lambda conn: health.note_problem(conn, LOGIN, NOW))
    await scene.note(lambda conn: _spoil(conn, kept))
    scene.mail.problems = [LOGIN]
    found = await scene.look()
    assert found == {"finder_failed": "channels", "channel_paused": "outgoing_mail", "login": "support_mail"}


def _spoil(conn: Connection, kept: dict[str, str]) -> None:
    conn.execute(update(ChannelStateRow).where(ChannelStateRow.channel == "support_mail").values(problem=kept))


async def test_a_channel_that_is_no_more_leaves_no_problem_behind(scene: Scene) -> None:
    scene.mail.problems = [LOGIN]
    await scene.look()
    fewer = Watch(replace(scene.hub, channels={"outgoing_mail": scene.out}))
    await fewer.look_again()
    assert await scene.found() == {}


async def test_another_key_than_the_databases_own_is_told(scene: Scene) -> None:
    assert await scene.look() == {}
    other = replace(scene.hub.keys, audit=b"another key")
    await Watch(replace(scene.hub, keys=other)).look_again()
    assert await scene.found() == {"key_mismatch": "hub"}


async def test_it_looks_at_once_and_then_each_minute_in_one_process_of_all(scene: Scene) -> None:
    scene.mail.problems = [LOGIN]
    both = [asyncio.create_task(Watch(scene.hub).run()) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
            rows = await scene.looked()
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    assert await scene.found() == {"login": "support_mail"}
    due = {row["name"]: (row["next_run_at"] - NOW).total_seconds() for row in rows}
    assert due == {"needs_you": 60, "try_channels": 900}


async def test_a_beat_shows_that_work_runs_and_how_it_ended(scene: Scene) -> None:
    clock = Clock()
    outcomes: list[object] = [3, Unavailable("The provider is down."), OSError("broken"), 0]

    async def work() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, int)
        return outcome

    beat = Beat("recall main_number", later(minutes=5) - NOW, work, scene.hub.database, clock)
    assert await beat() == 3
    said = []
    for failure in (Unavailable, OSError):
        clock.advance(minutes=5)
        with pytest.raises(failure):
            await beat()
        (job,) = await scene.hub.database.read(lambda conn, _: repeated_jobs(conn), None)
        said.append((job.last_error, job.last_ok_at, job.next_run_at))
    assert said == [
        ("The provider is down.", NOW, later(minutes=10)),
        ("OSError: broken", NOW, later(minutes=15)),
    ]
