"""The hub as one value: database, blobs, ways in, channels; opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from channels.base import AccessToken, Channel
from channels.email_message.pages import close_reading
from hub.app.data import database_url
from hub.app.opening import open_channels
from hub.app.overrides import kept, laid_over
from hub.app.stand_ins import StandIns
from hub.capture.capture import Capture
from hub.capture.intake import Intake
from hub.config import Settings
from hub.desk.signing_in import Lender
from hub.secrets import hub_key
from hub.store.blobs import Blobs, FileBlobs
from hub.store.keys import Keys
from hub.store.session import Database, open_database
from hub.store.tables.base import moment

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Returns the time in whole milliseconds, as it is stored; the only place of the hub proper where it is read."""
    return _moment(time.time_ns() // 1_000_000)


@lru_cache(maxsize=2)
def _moment(stored: int) -> datetime:
    """Returns the same value to all who ask within a millisecond: while a run goes out several do for each message."""
    return moment(stored)


@dataclass(frozen=True, slots=True)
class Hub:
    """Everything that runs, wired. `worker` names this process in leases.

    `base`: the settings of the file and the command line; `settings`: with what the database lays over them. `changed`
    is set when somebody changed those here, so that the process need not find out by itself.
    """

    settings: Settings
    base: Settings
    keys: Keys
    database: Database
    blobs: Blobs
    intake: Intake
    channels: Mapping[str, Channel]
    stand_ins: StandIns
    worker: str
    clock: Callable[[], datetime]
    local_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def local_url(self) -> str:
        """Returns this process's address on this machine, without a slash at the end."""
        return local_url(self.settings)

    @property
    def public_url(self) -> str:
        """Returns the address under which the world knows the hub, without a slash at the end."""
        return public_url(self.settings)


def local_url(settings: Settings) -> str:
    """Returns the address of a hub on this machine, without a slash at the end."""
    return f"http://127.0.0.1:{settings.hub.port}"


def public_url(settings: Settings) -> str:
    """Returns the address under which the world knows a hub, without a slash at the end."""
    hub = settings.hub
    host = "127.0.0.1" if hub.host in ("0.0.0.0", "::", "") else hub.host  # noqa: S104  # compared, not bound
    return (hub.public_url or f"http://{host}:{hub.port}").rstrip("/")


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, with_channels: bool = True
) -> AsyncIterator[Hub]:
    """Opens the hub over a migrated database, by the settings and what is kept there; closes all of it on leaving.

    Raises ConfigurationError and Unavailable.
    """
    async with AsyncExitStack() as stack:
        keys = Keys.of(hub_key(settings.hub.data))
        database = open_database(database_url(settings), patience_seconds=settings.limits.patience_seconds)
        await database.open()
        stack.push_async_callback(database.close)
        blobs = FileBlobs(settings.hub.data / "blobs")
        stand_ins = StandIns(settings.hub.data / "sandbox")
        laid, _closed = laid_over(settings, await database.read(kept, keys))
        hub = Hub(
            settings=laid,
            keys=keys,
            database=database,
            blobs=blobs,
            intake=Intake(database, blobs, Capture(keys.consent, keys.mail_tokens)),
            channels={},
            stand_ins=stand_ins,
            worker=worker_name(),
            clock=clock,
            base=settings,
        )
        stack.push_async_callback(asyncio.to_thread, close_reading)
        stack.push_async_callback(stand_ins.stop)
        if with_channels:
            hub = await stack.enter_async_context(with_its_channels(hub))
        yield hub


@asynccontextmanager
async def with_its_channels(hub: Hub) -> AsyncIterator[Hub]:
    """Yields the hub with its channels open, by what the database lays over the settings now; closes them on leaving.

    May be entered again beside another: what they share (database, blobs, stand-ins) stays open.
    """
    overrides = await hub.database.read(kept, hub.keys)
    settings, closed = laid_over(hub.base, overrides)
    hub = replace(hub, settings=settings, worker=worker_name(), changed=asyncio.Event())
    await hub.stand_ins.serve(settings.channels, hub.local_url)
    opening = open_channels(
        hub.database, settings, hub.stand_ins, closed, hub.public_url, hub.clock(), lends=lends(hub)
    )
    async with opening as channels:
        yield replace(hub, channels=channels)


def lends(hub: Hub) -> Callable[[str], AccessToken]:
    """Returns how a channel gets the tokens of its consent, which it names."""
    return lambda consent: Lender(hub.database, hub.keys, hub.clock, consent).lend


def worker_name() -> str:
    """Returns a name for this process in leases, another one each time."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
