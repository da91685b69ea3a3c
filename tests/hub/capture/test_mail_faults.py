"""What mail servers and senders do meanwhile: nothing is lost, nothing twice, and nobody waits for a hostile mail."""

from __future__ import annotations

import asyncio
import imaplib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from channels.base import Context
from channels.email_imap import ImapMailbox
from channels.email_message.limits import HOPELESS_PARTS
from hub.capture import polling
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.polling import Poller
from hub.capture.reading_apart import ApartReader
from hub.store import health
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from tests.hub.store.rows import count
from tests.servers.dovecot import Dovecot

NAME = "support_mail"


def now() -> datetime:
    return datetime.now(UTC)


def mail(number: int) -> bytes:
    head = f"From: ada{number}@example.com\r\nTo: help@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@a>\r\n"
    return f"{head}Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\nQuestion {number}\r\n".encode()


def hostile() -> bytes:
    """A mail of as many parts as are looked at: seconds of work for the standard library's parser."""
    parts = b"--b\r\n\r\nx\r\n" * (HOPELESS_PARTS - 100)
    head = b"From: eve@example.com\r\nSubject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + parts + b"--b--\r\n"


def tidy(dovecot: Dovecot, user: str, password: str) -> None:
    """Marks mails and moves one as a mail program does.

    Not by renaming files: a Dovecot that lists a folder meanwhile may miss one, and gives it a new number later.
    """
    with imaplib.IMAP4(dovecot.host, dovecot.port) as server:
        server.login(user, password)
        server.select("INBOX")
        server.uid("STORE", "1:*", "+FLAGS", "(\\Flagged \\Answered \\Seen)")
        server.select("Done")
        answer, _ = server.uid("MOVE", "1:*", "INBOX")
        assert answer == "OK"


async def until(database: Database, ready: Callable[[Connection, Any], object]) -> None:
    async with asyncio.timeout(30):
        while not await database.read(ready, None):  # noqa: ASYNC110  # what is waited for happens in a database
            await asyncio.sleep(0.02)


def captured(mails: int) -> Callable[[Connection, Any], bool]:
    return lambda conn, _: count(conn, InteractionRow) >= mails


def problem(conn: Connection, _: object) -> Any:
    return health.channel_states(conn).get(NAME, {}).get("problem")


def states(conn: Connection, _: object) -> list[str]:
    return sorted(conn.scalars(select(ArrivalRow.state)))


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_mailbox_is_followed_through_whatever_happens_to_it(
    database: Database, dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_FIRST_WAIT", 0.1)
    monkeypatch.setattr(polling, "_LONGEST_WAIT", 0.4)
    user, password = dovecot.add_user()
    settings = {"host": dovecot.host, "port": dovecot.port, "tls": "none", "username": user, "password": password}
    channel = ImapMailbox(
        NAME,
        {**settings, "address": "help@example.com", "folders": ["INBOX", "Done"]},
        Context(public_url="https://h.example"),
    )
    intake = Intake(database, FileBlobs(tmp_path / "blobs"), Capture(b"k" * 32))
    for content in (mail(1), hostile(), mail(2)):
        dovecot.deliver(user, content)
    dovecot.deliver(user, mail(3), "Done")
    polls = [asyncio.create_task(Poller(intake, channel, box, box, now).run()) for box in channel.mailboxes]
    try:
        # Nobody reads apart yet, and the mails around the hostile one are here.
        await until(database, captured(3))
        assert await database.read(states, None) == ["captured", "captured", "captured", "waiting"]
        assert await ApartReader(intake, {NAME: channel}, "w", now).run_once() == 1
        assert "waiting" not in await database.read(states, None)

        # Flagged, answered and moved: the same mails. Moved, one has another arrival.
        before = await database.read(count, InteractionRow)
        await asyncio.to_thread(tidy, dovecot, user, password)
        await until(database, lambda conn, _: count(conn, ArrivalRow) == 5)
        assert await database.read(count, InteractionRow) == before

        # The server dies while it is waited for, and takes no login for a while after it is back.
        dovecot.kill()
        await until(database, problem)
        dovecot.add_user(user, "another password")
        dovecot.start()
        await until(database, lambda conn, _: (problem(conn, None) or {}).get("code") == "login")
        dovecot.deliver(user, mail(4))
        dovecot.add_user(user, password)
        await until(database, captured(before + 1))
        await until(database, lambda conn, _: problem(conn, None) is None)
    finally:
        for poll in polls:
            poll.cancel()
        await asyncio.gather(*polls, return_exceptions=True)
    assert await database.read(count, InteractionRow) == before + 1
    assert await database.read(count, ArrivalRow) == 6
