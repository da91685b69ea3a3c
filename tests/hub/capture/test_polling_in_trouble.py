"""A mailbox whose server or database gives errors is tried again, ever later, until all is well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from channels.base import Cursor, Raw, Request
from channels.maildir import Maildir
from hub.model.errors import Unavailable
from hub.model.event import ChannelEvent
from hub.sandbox.mailbox import SandboxMailbox
from hub.store import health, leases
from hub.store.session import Database
from tests.hub.capture.mailboxes import (
    captured,
    each_once,
    mail,
    maildir,
    now,
    poller,
    problem,
    running,
    until,
)

pytestmark = pytest.mark.usefixtures("quick_pollers")


class Failing:
    """A mailbox whose server gives an error so many times, as a real one does."""

    def __init__(self, inner: Maildir, error: Exception, times: int) -> None:
        self.inner, self.error, self.times = inner, error, times
        self.name = inner.name
        self.mailboxes: Sequence[str] = inner.mailboxes
        self.tries: list[datetime] = []

    async def poll(self, mailbox: str, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        self.tries.append(now())
        if len(self.tries) <= self.times:
            raise self.error
        async for raw in self.inner.poll(mailbox, after):
            yield raw

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        return self.inner.parse(source)


@pytest.mark.parametrize("error", [Unavailable("The server is away."), KeyError("a defect")], ids=["outage", "defect"])
async def test_a_channel_in_trouble_is_tried_again_ever_later_while_the_others_go_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    rests: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if asyncio.current_task() in ills:
            rests.append(seconds)
        await sleep(seconds)

    monkeypatch.setattr(asyncio, "sleep", noted)
    boxes = [SandboxMailbox(tmp_path / name) for name in ("ill", "well")]
    ill = Failing(maildir(boxes[0], "ill"), error, 3)
    for box in boxes:
        box.deliver(mail())
    ills: list[asyncio.Task[None]] = []
    async with running(poller(database, tmp_path, ill), poller(database, tmp_path, maildir(boxes[1], "well"))) as tasks:
        ills.append(tasks[0])
        await until(database, captured(1))
        await until(database, problem("ill"))
        await until(database, captured(2))
        await until(database, lambda conn, _: not problem("ill")(conn, None))
    assert len(ill.tries) == 4
    assert 0.07 <= rests[0] < rests[1] < rests[2]
    states = await database.read(lambda conn, _: health.channel_states(conn), None)
    assert states["well"]["problem"] is None
    assert states["well"]["problem_since"] is None


@pytest.mark.parametrize("table", ["lease", "channel_state", "cursor"])
async def test_a_poller_outlives_whatever_the_database_says(database: Database, tmp_path: Path, table: str) -> None:
    box = SandboxMailbox(tmp_path / "mail")
    box.deliver(mail())

    async def rename(old: str, new: str) -> None:
        await database.write(lambda conn, _: conn.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}") and None, None)

    await rename(table, "away")
    async with running(poller(database, tmp_path, maildir(box))):
        await asyncio.sleep(0.5)
        await rename("away", table)
        await until(database, captured(1))
        await until(database, lambda conn, _: leases.read_cursor(conn, "support_mail", "INBOX"))
    await each_once(database, 1)
