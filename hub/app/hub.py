"""The hub as one value: database, blobs, ways in, channels; opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from channels.base import Channel
from channels.email_message.guard import close_workshop
from hub.app import channels as adapters
from hub.app.data import database_url
from hub.app.stand_ins import StandIns
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.config import Settings
from hub.secrets import hub_key
from hub.store.blobs import Blobs, FileBlobs
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from hub.store.tables import StaffRow

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Returns the time in whole milliseconds, as it is stored; the only place of the hub proper where it is read."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Hub:
    """Everything that runs, wired. `worker` names this process in leases."""

    settings: Settings
    keys: Keys
    database: Database
    blobs: Blobs
    intake: Intake
    channels: Mapping[str, Channel]
    stand_ins: StandIns
    worker: str
    clock: Callable[[], datetime]
    local_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def local_url(self) -> str:
        """Returns this process's address on this machine, without a slash at the end."""
        return f"http://127.0.0.1:{self.settings.hub.port}"

    @property
    def public_url(self) -> str:
        """Returns the address under which the world knows the hub, without a slash at the end."""
        hub = self.settings.hub
        host = "127.0.0.1" if hub.host in ("0.0.0.0", "::", "") else hub.host  # noqa: S104  # compared, not bound
        return (hub.public_url or f"http://{host}:{hub.port}").rstrip("/")


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, with_channels: bool = True
) -> AsyncIterator[Hub]:
    """Opens the hub over a migrated database; closes all of it on leaving.

    A channel that cannot be opened stays listed and is shown with its problem; it never stops the others.
    Raises ConfigurationError and Unavailable.
    """
    async with AsyncExitStack() as stack:
        keys = Keys.of(hub_key(settings.hub.data))
        database = open_database(database_url(settings))
        await database.open()
        stack.push_async_callback(database.close)
        blobs = FileBlobs(settings.hub.data / "blobs")
        stand_ins = StandIns(settings.hub.data / "sandbox")
        channels: dict[str, Channel] = {}
        hub = Hub(
            settings=settings,
            keys=keys,
            database=database,
            blobs=blobs,
            intake=Intake(database, blobs, Capture(keys.consent)),
            channels=channels,
            stand_ins=stand_ins,
            worker=f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}",
            clock=clock,
        )
        if with_channels:
            stack.push_async_callback(asyncio.to_thread, close_workshop)
            stack.push_async_callback(stand_ins.stop)
            await stand_ins.start(settings.channels, hub.local_url)
            staff = await database.read(_staff_addresses, None)
            for name, section in settings.channels.items():
                adapter, own = stand_ins.settings(section)
                sandbox = section.mode == "sandbox"
                base_url = hub.local_url if sandbox else hub.public_url
                lent = adapters.context(settings, base_url, sandbox=sandbox, staff=staff)
                channels[name] = adapters.load(section, adapter, own, lent)
            for channel in channels.values():
                await channel.open()
                stack.push_async_callback(channel.close)
        yield hub


def _staff_addresses(conn: Connection, _: None) -> list[str]:
    return list(conn.scalars(select(StaffRow.email).where(StaffRow.disabled_at.is_(None))))
