"""Mailboxes with mail in them, and the workers that read them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from channels.base import Context
from channels.maildir import Maildir
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.capture.polling import Poller
from hub.sandbox.mailbox import SandboxMailbox
from hub.store import health
from hub.store.blobs import FileBlobs
from hub.store.session import Database
from hub.store.tables import ArrivalRow, InteractionRow
from tests.hub.store.rows import count

CONTEXT = Context(public_url="https://hub.example.com")


_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


def mail() -> bytes:
    number = next(_numbers)
    head = f"From: ada{number}@example.com\r\nTo: help@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@a>\r\n"
    return f"{head}Date: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\nQuestion {number}\r\n".encode()


def poller(database: Database, folder: Path, channel: Any, worker: str = "a") -> Poller:
    intake = Intake(database, FileBlobs(folder / "blobs"), Capture(b"k" * 32))
    return Poller(intake, channel, "INBOX", worker, now)


def maildir(box: SandboxMailbox, name: str = "support_mail") -> Maildir:
    return Maildir(name, {"path": str(box.maildir), "address": "help@example.com"}, CONTEXT)


@contextlib.asynccontextmanager
async def running(*pollers: Poller) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(each.run()) for each in pollers]
    yield tasks
    await stop(*tasks)


async def stop(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(database: Database, ready: Callable[[Connection, Any], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await database.read(ready, None):  # noqa: ASYNC110  # what is waited for happens in a database
            await asyncio.sleep(0.05)


def captured(at_least: int) -> Callable[[Connection, Any], bool]:
    return lambda conn, _: count(conn, InteractionRow) >= at_least


async def each_once(database: Database, mails: int) -> None:
    assert await database.read(count, InteractionRow) == mails
    assert await database.read(count, ArrivalRow) == mails


def problem(channel: str) -> Callable[[Connection, Any], object]:
    return lambda conn, _: health.channel_states(conn).get(channel, {}).get("problem")
