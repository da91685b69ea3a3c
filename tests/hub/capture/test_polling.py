"""Mailboxes are read by one worker at a time, each mail is captured once, and trouble passes by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from channels.base import Cursor, Raw, Request
from channels.email_imap import ImapMailbox
from channels.maildir import Maildir
from hub.capture import polling
from hub.model.event import ChannelEvent
from hub.sandbox.mailbox import SandboxMailbox
from hub.store import health, leases
from hub.store.session import Database, open_database
from hub.store.tables import InteractionRow
from tests.hub.capture.mailboxes import (
    CONTEXT,
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
from tests.hub.store.rows import count
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.usefixtures("quick_pollers")


async def test_each_mail_of_a_maildir_is_captured_once_by_two_workers(database: Database, tmp_path: Path) -> None:
    box = SandboxMailbox(tmp_path / "mail")
    for _ in range(120):
        box.deliver(mail())
    both = [poller(database, tmp_path, maildir(box), worker) for worker in "ab"]
    async with running(*both):
        await until(database, captured(120))
        for _ in range(10):
            box.deliver(mail())
        await until(database, captured(130))
    await each_once(database, 130)
    assert (await database.read(lambda conn, _: health.channel_states(conn), None))["support_mail"]["last_in_at"]


async def test_each_mail_of_an_imap_server_is_captured_once_by_two_processes_workers(
    postgres_store_url: str, dovecot: Dovecot, tmp_path: Path
) -> None:
    user, password = dovecot.add_user()
    for _ in range(60):
        dovecot.deliver(user, mail())
    settings = {"host": dovecot.host, "port": dovecot.port, "tls": "none", "username": user, "password": password}
    databases = [open_database(postgres_store_url) for _ in range(2)]
    both = [
        poller(database, tmp_path, ImapMailbox("support_mail", {**settings, "address": "help@example.com"}, CONTEXT), w)
        for database, w in zip(databases, "ab", strict=True)
    ]
    async with running(*both):
        await until(databases[0], captured(60))
        dovecot.deliver(user, mail())
        await until(databases[0], captured(61))
    await each_once(databases[0], 61)
    for database in databases:
        await database.close()


async def test_the_next_worker_takes_over_and_what_the_old_one_reads_then_is_not_committed(
    database: Database, tmp_path: Path
) -> None:
    box = SandboxMailbox(tmp_path / "mail")
    box.deliver(mail())
    async with running(poller(database, tmp_path, maildir(box), "old")):
        await until(database, captured(1))

        def steal(conn: Connection, _: None) -> object:
            conn.execute(text("UPDATE lease SET until = 0"))
            return leases.take_lease(conn, "poll:support_mail/INBOX", "new", now(), polling.LEASE)

        assert await database.write(steal, None)
        box.deliver(mail())
        await asyncio.sleep(1.5)
        assert await database.read(count, InteractionRow) == 1
        await database.write(lambda conn, _: conn.execute(text("UPDATE lease SET until = 0")) and None, None)
        await until(database, captured(2))
    await each_once(database, 2)


async def test_a_worker_that_cannot_renew_its_lease_stops_before_another_starts(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_RENEW_SECONDS", 0.2)
    box = SandboxMailbox(tmp_path / "mail")
    box.deliver(mail())
    channel = Listening(maildir(box))
    async with running(poller(database, tmp_path, channel, "old")):
        await until(database, captured(1))

        def steal(conn: Connection, _: None) -> object:
            conn.execute(text("UPDATE lease SET until = 0"))
            return leases.take_lease(conn, "poll:support_mail/INBOX", "new", now(), polling.LEASE)

        assert channel.open == 1
        await database.write(steal, None)
        async with asyncio.timeout(60):
            while channel.open:  # noqa: ASYNC110  # the number has no event
                await asyncio.sleep(0.05)


FAIL = {
    "sqlite": [
        "CREATE TRIGGER no_cursor BEFORE INSERT ON cursor BEGIN SELECT RAISE(ABORT, 'the power went'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the power went'; END $$",
        "CREATE TRIGGER no_cursor BEFORE INSERT ON cursor FOR EACH ROW EXECUTE FUNCTION fail()",
    ],
}


MEND = {"sqlite": "DROP TRIGGER no_cursor", "postgresql": "DROP TRIGGER no_cursor ON cursor"}


async def test_a_crash_between_the_capture_and_the_cursor_reads_again_and_captures_once(
    database: Database, tmp_path: Path
) -> None:
    box = SandboxMailbox(tmp_path / "mail")
    for _ in range(70):
        box.deliver(mail())
    for statement in FAIL[database.engine]:
        await database.write(lambda conn, words: conn.exec_driver_sql(words) and None, statement)
    async with running(poller(database, tmp_path, maildir(box))):
        await until(database, captured(50))
        await until(database, problem("support_mail"))
        assert await database.read(lambda conn, _: leases.read_cursor(conn, "support_mail", "INBOX"), None) is None
        await database.write(lambda conn, words: conn.exec_driver_sql(words) and None, MEND[database.engine])
        await until(database, captured(70))
        await until(database, lambda conn, _: not problem("support_mail")(conn, None))
    await each_once(database, 70)


async def test_a_worker_stopped_at_any_moment_loses_nothing_and_doubles_nothing(
    database: Database, tmp_path: Path
) -> None:
    box = SandboxMailbox(tmp_path / "mail")
    chance = random.Random(1)
    delivered = 0
    for number in range(8):
        for _ in range(15):
            box.deliver(mail())
            delivered += 1
        async with running(poller(database, tmp_path, maildir(box), f"worker {number}")):
            await asyncio.sleep(chance.uniform(0.01, 0.15))
    async with running(poller(database, tmp_path, maildir(box), "last")):
        await until(database, captured(delivered))
        await asyncio.sleep(0.3)
    await each_once(database, delivered)


class Listening:
    """A mailbox that tells how many polls of it are open."""

    def __init__(self, inner: Maildir) -> None:
        self.inner = inner
        self.name = inner.name
        self.mailboxes: Sequence[str] = inner.mailboxes
        self.open = 0

    async def poll(self, mailbox: str, after: Cursor | None) -> AsyncGenerator[Raw | None, None]:
        self.open += 1
        try:
            async for raw in self.inner.poll(mailbox, after):
                yield raw
        finally:
            self.open -= 1

    def parse(self, source: Raw | Request) -> Sequence[ChannelEvent]:
        return self.inner.parse(source)
