"""One process from start to end: what it opens, what stays closed, and how it takes up changed settings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hub.app.hub import Hub, opened, utc_now
from hub.app.roles import Role
from hub.app.rounds import Rounds
from hub.app.running import run
from hub.app.setting_up import furnish
from hub.app.trying import tried
from hub.config import Settings, load
from hub.secrets import create_hub_key, resolve, secret_lookup
from hub.store import health, switching, templates
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from hub.store.switching import Switch, Waiting

TOML = """
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
from_address = "support@example.com"
host = "127.0.0.1"
port = 1
tls = "none"
[channels.second_mail]
adapter = "channels.email_imap:ImapMailbox"
address = "second@example.com"
host = "127.0.0.1"
username = "second@example.com"
password = "secret:SECOND_PASSWORD"
[channels.form]
adapter = "channels.web_form:WebForm"
"""
NO_STAND_IN = '[channels.pigeon]\nadapter = "tests.hub.app.test_running:Pigeon"\n'


class Pigeon:
    """A channel whose adapter has no stand-in: it would really fly."""

    schemes = ("mailto",)

    def __init__(self, name: str, settings: Any, context: Any) -> None:
        self.name = name

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> list[Any]:
        return []

    async def send(self, message: Any, deadline: Any) -> Any:
        raise AssertionError("it flew")


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    create_hub_key(data)
    return settings_of(data, store_url)


def settings_of(data: Path, store_url: str, more: str = "") -> Settings:
    file = data / "hub.toml"
    file.write_text(TOML + more)
    url = {"HUB_DATABASE_URL": store_url} if store_url.startswith("postgresql") else {}
    if not url and not (data / "hub.sqlite3").exists():
        os.link(store_url.removeprefix("sqlite:///"), data / "hub.sqlite3")
    return resolve(load({"data": data}, file=file, environment=url), secret_lookup(data, {}))


@dataclass
class Process:
    """One running process and the hubs that it worked as."""

    hubs: list[Hub] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self, settings: Settings) -> Any:
        async def prepare(_hub: Hub) -> None: ...

        task = asyncio.create_task(run(settings, frozenset({Role.SEND}), self.stop, prepare, self.hubs.append))
        await until(lambda: bool(self.hubs) or task.done())
        yield self
        self.stop.set()
        await task

    @property
    def modes(self) -> dict[str, str]:
        return {name: section.mode for name, section in self.hubs[-1].settings.channels.items()}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  # what is asked has no event
            await asyncio.sleep(0.05)


async def switch(settings: Settings, channel: str, mode: str) -> None:
    url = settings.hub.database_url or f"sqlite:///{settings.hub.data / 'hub.sqlite3'}"
    database = open_database(url)
    await database.open()
    was = "sandbox" if mode == "live" else "live"
    wish = Switch(channel=channel, mode=mode, was=was, written="sandbox", waiting=Waiting.HOLD, at=utc_now())
    await database.write(switching.switch, wish)
    await database.close()


async def test_every_process_notices_a_switch_and_goes_on_by_it(settings: Settings) -> None:
    processes = [Process()] if "postgresql" not in settings.hub.database_url else [Process(), Process()]
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        for process in processes:
            await stack.enter_async_context(process.running(settings))
        first = [process.hubs[-1] for process in processes]
        await switch(settings, "outgoing_mail", "live")
        for process in processes:
            await until(lambda process=process: len(process.hubs) > 1)  # type: ignore[misc]  # bound now
            assert process.modes["outgoing_mail"] == "live"
        for before, process in zip(first, processes, strict=True):
            assert before.local_token == process.hubs[-1].local_token, "commands that know the token go on"
            assert before.worker != process.hubs[-1].worker


async def test_a_channel_that_cannot_be_opened_as_switched_stays_closed_and_says_why(settings: Settings) -> None:
    await switch(settings, "second_mail", "live")
    async with opened(settings) as hub:
        assert "second_mail" not in hub.channels
        assert set(hub.channels) == {"outgoing_mail", "form"}
        states = await hub.database.read(lambda conn, _: health.channel_states(conn), None)
        assert "SECOND_PASSWORD" in states["second_mail"]["problem"]["message"]
        problems = await tried(hub, "second_mail")
        assert [problem.code for problem in problems] == ["secret_missing"]
    secrets = settings.hub.data / "secrets.env"
    secrets.touch(0o600)
    secrets.write_text("SECOND_PASSWORD=x\n")
    async with opened(settings) as hub:
        assert "second_mail" in hub.channels
        states = await hub.database.read(lambda conn, _: health.channel_states(conn), None)
        assert states["second_mail"]["problem"] is None
        assert [problem.code for problem in await tried(hub, "outgoing_mail")] != []


async def test_what_has_no_stand_in_is_not_opened_in_the_sandbox(settings: Settings, store_url: str) -> None:
    with_pigeon = settings_of(settings.hub.data, store_url, NO_STAND_IN)
    async with opened(with_pigeon) as hub:
        assert "pigeon" not in hub.channels
        states = await hub.database.read(lambda conn, _: health.channel_states(conn), None)
        assert "no stand-in" in states["pigeon"]["problem"]["cause"]


async def test_each_mailbox_in_the_sandbox_is_its_own(settings: Settings, store_url: str) -> None:
    third = '[channels.third_mail]\nadapter = "channels.email_imap:ImapMailbox"\naddress = "third@example.com"\n'
    async with opened(settings_of(settings.hub.data, store_url, third)) as hub:
        boxes = {name: hub.stand_ins.box(name) for name in ("second_mail", "third_mail")}
        assert len(set(boxes.values())) == 2
        assert boxes["second_mail"].name == "Maildir"


async def test_no_two_works_keep_their_time_under_one_name(settings: Settings) -> None:
    """Whatever is repeated claims the row of its name: two of one name would put each other off."""
    async with opened(settings) as hub:
        rounds = Rounds(hub, frozenset(Role), lambda channel: "")
        works = rounds._works()
        for _, work in works:
            work.close()
        names = [*(name for name, _ in works), *(job.name for job in rounds.clockwork._jobs)]
    assert sorted(set(names)) == sorted(names)


async def test_processes_that_start_at_once_on_a_new_hub_furnish_it_once(database: Database) -> None:
    keys = Keys.of(b"k" * 32)
    tokens = await asyncio.gather(*[furnish(database, keys, utc_now(), "en") for _ in range(2)])
    names = await database.read(lambda conn, _: [row["name"] for row in templates.listed(conn)], None)
    assert "appointment_reminder" in names
    assert all(tokens), "whichever prints its link first, it works"
