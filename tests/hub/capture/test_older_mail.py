"""What came before the hub: left out at first, brought in on request from the newest on, counted against the server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select

from channels.base import Context
from channels.email_imap import ImapMailbox
from hub.capture.backfilling import Backfiller
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.polling import Poller
from hub.capture.reconciling import Reconciler
from hub.store import backfills, mailboxes
from hub.store.blobs import FileBlobs
from hub.store.mailboxes import Mailbox
from hub.store.session import Database
from hub.store.tables import ArrivalRow, ConversationRow, InteractionRow
from tests.hub.store.rows import count
from tests.servers.dovecot import Dovecot

OLD, RECENT = 230, 3
NAME, INBOX = "support_mail", "INBOX"


def now() -> datetime:
    return datetime.now(UTC)


def letter(number: int, at: datetime) -> bytes:
    date = f"{at:%d %b %Y %H:%M:%S} +0000"
    head = f"From: ada{number}@example.com\r\nTo: help@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@a>\r\n"
    return f"{head}Date: {date}\r\n\r\nQuestion {number}\r\n".encode()


def deliver(server: Dovecot, user: str, number: int, days_ago: int) -> None:
    at = now() - timedelta(days=days_ago)
    path = server.deliver(user, letter(number, at))
    os.utime(path, (at.timestamp(), at.timestamp()))


async def until(database: Database, ready: Callable[[Connection, Any], object]) -> None:
    async with asyncio.timeout(30):
        while not await database.read(ready, None):  # noqa: ASYNC110  # what is waited for happens in a database
            await asyncio.sleep(0.02)


async def counted(database: Database) -> Mailbox:
    return (await database.read(lambda conn, _: mailboxes.all_mailboxes(conn), None))[NAME][0]


async def test_older_mail_is_left_out_then_brought_in_and_the_server_is_counted(
    database: Database, dovecot: Dovecot, tmp_path: Path
) -> None:
    user, password = dovecot.add_user()
    for number in range(OLD):
        deliver(dovecot, user, number, 200 - number // 10)
    for number in range(OLD, OLD + RECENT):
        deliver(dovecot, user, number, 3)
    settings = {"host": dovecot.host, "port": dovecot.port, "tls": "none", "username": user, "password": password}
    channel = ImapMailbox(NAME, {**settings, "address": "help@example.com"}, Context(public_url="https://hub.example"))
    intake = Intake(database, FileBlobs(tmp_path / "blobs"), Capture(b"k" * 32))
    reconciler = Reconciler(intake, {NAME: channel}, "w", now)
    polling = asyncio.create_task(Poller(intake, channel, INBOX, "w", now).run())
    try:
        await until(database, lambda conn, _: mailboxes.all_mailboxes(conn).get(NAME, [])[:1] and through(conn))
        assert await database.read(count, InteractionRow) == RECENT
        assert await reconciler.run_once() == 0
        told = await counted(database)
        assert (told.server, told.here, told.left_out, told.missing) == (OLD + RECENT, RECENT, OLD, 0)

        asked = await database.write(lambda conn, _: backfills.ask(conn, NAME, INBOX, None, "Eva", now()), None)
        killed = asyncio.create_task(Backfiller(intake, {NAME: channel}, "first", now).run_once())
        await until(database, lambda conn, _: backfills.get(conn, asked.id).done >= 200)
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        deliver(dovecot, user, 1000, 0)
        assert await Backfiller(intake, {NAME: channel}, "second", now).run_once() == 1
        done = await database.read(backfills.get, asked.id)
        assert (done.state, done.done, done.total) == ("done", OLD, OLD)
        await until(database, lambda conn, _: count(conn, InteractionRow) >= OLD + RECENT + 1)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)

    def states(conn: Connection, _: None) -> dict[str, int]:
        rows = select(ConversationRow.state, func.count()).group_by(ConversationRow.state)
        return {row.state: row[1] for row in conn.execute(rows)}

    assert await database.read(states, None) == {"closed": OLD, "open": RECENT + 1}
    assert await database.read(count, ArrivalRow) == OLD + RECENT + 1

    def lose(conn: Connection, _: None) -> None:
        lost = select(ArrivalRow.key).order_by(ArrivalRow.key).limit(2)
        conn.execute(delete(ArrivalRow).where(ArrivalRow.key.in_(lost)))

    await database.write(lose, None)
    assert await reconciler.run_once() == 2
    told = await counted(database)
    everything = OLD + RECENT + 1
    assert (told.server, told.here, told.left_out, told.missing, told.fetched) == (everything, everything, 0, 0, 2)
    assert told.since is None
    assert await database.read(count, InteractionRow) == everything


def through(conn: Connection) -> bool:
    return mailboxes.all_mailboxes(conn)[NAME][0].read_at is not None
