"""Travelling: the days to come, played through on a copy of the database that is thrown away; nothing is sent."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.base import Sends, Speaks
from hub.app.hub import Hub
from hub.config import ChannelSettings, Settings
from hub.model.errors import HubError, Refused
from hub.outreach.lane_settings import MOST_AT_ONCE
from hub.store.session import open_database

if TYPE_CHECKING:
    from hub.outreach.ahead import Ahead

log = logging.getLogger(__name__)

_RULEBOOK = "rulebook.toml"


async def travel(hub: Hub, days: int, tell: Callable[[datetime], None]) -> Ahead:
    """Plays so many days through on a copy; returns who would get what, when, and why or why not. Raises HubError.

    The copy lies in a folder of its own beside the data, for its owner alone, and is removed whatever happens.
    """
    # The whole way out, which a start does not wait for.
    from hub.outreach.ahead import Jumping, run_ahead
    from hub.outreach.clockwork import Clockwork

    since = hub.clock()
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="ahead-", dir=hub.settings.hub.data))
    try:
        scratch = folder / "hub.sqlite3"
        await asyncio.to_thread(_copy, hub, scratch, since)
        own_rules = hub.settings.hub.data / _RULEBOOK
        if own_rules.is_file():
            await asyncio.to_thread(shutil.copyfile, own_rules, folder / _RULEBOOK)
        database = open_database(f"sqlite:///{scratch}", patience_seconds=60, lasting=False)
        await database.open()
        try:
            clock = Jumping(since)
            settings = _settings(hub.settings, folder)
            clockwork = Clockwork(
                database=database,
                blobs=hub.blobs,
                channels=_pretended(hub),
                settings=settings,
                keys=hub.keys,
                worker="ahead",
                clock=clock,
                address_of=lambda _channel: hub.public_url,
                public_url=hub.public_url,
            )
            return await run_ahead(database, clockwork, clock, since + timedelta(days=days), tell)
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _pretended(hub: Hub) -> dict[str, object]:
    """Returns a stand-in for each channel that sends, which reaches whom the channel reaches and keeps what it gets."""
    from hub.outreach.ahead import Pretended

    return {
        name: Pretended(name, channel.schemes, channel.spoken_schemes if isinstance(channel, Speaks) else ())
        for name, channel in hub.channels.items()
        if isinstance(channel, Sends)
    }


def _settings(settings: Settings, folder: Path) -> Settings:
    """Returns the settings with a data folder of the copy's own, and without the pace of real providers."""
    channels = {
        name: channel.model_copy(update={"settings": _unpaced(channel)}) for name, channel in settings.channels.items()
    }
    home = settings.hub.model_copy(update={"data": folder, "database_url": ""})
    return settings.model_copy(update={"hub": home, "channels": channels}).of_epoch(settings.epoch, settings.written)


def _unpaced(channel: ChannelSettings) -> dict[str, Any]:
    own = {key: value for key, value in channel.settings.items() if key != "per_second"}
    return {**own, "at_once": MOST_AT_ONCE}


def _copy(hub: Hub, scratch: Path, now: datetime) -> None:
    """Copies the database while others go on writing to it: SQLite's own backup, or a backup's rows of PostgreSQL."""
    url = hub.database.url
    if url.startswith("sqlite"):
        scratch.touch(mode=0o600)
        source = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        target = sqlite3.connect(scratch)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
        return
    # Imported here: what backups need is large, and only PostgreSQL's copy is made of one.
    from hub.store.backup import archive as archives
    from hub.store.backup.loading import load
    from hub.store.backup.making import Making, make
    from hub.store.backup.places import new_sqlite, on_snapshot
    from hub.store.migrate import upgrade

    archive = scratch.with_name("rows.tar")
    making = Making(file=archive, made_at=now, key_check="", blobs=None)
    on_snapshot(url, lambda conn: make(conn, making, _quietly))
    with archives.opened(archive) as read, new_sqlite(scratch) as conn:
        load(conn, read, _quietly)
        upgrade(conn)
    archive.unlink()


def _quietly(_step: str, _done: int, _total: int) -> None:
    """Tells nobody: a copy takes seconds."""


@dataclass(slots=True)
class Travels:
    """The travels of one process, one at a time: asked for on the page or by the API, looked at until they are over."""

    hub: Hub
    days: int = 0
    since: datetime | None = None
    reached: datetime | None = None
    error: str = ""
    ahead: Ahead | None = None
    _task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether one is on its way."""
        return self._task is not None and not self._task.done()

    def start(self, days: int) -> None:
        """Sets out. Raises Refused while another is on its way."""
        if self.running:
            raise Refused("The hub is looking ahead already.", next_step="Wait until it is back.")
        self.days, self.since, self.reached, self.error, self.ahead = days, self.hub.clock(), None, "", None
        self._task = asyncio.create_task(self._go(days), name="ahead")

    async def _go(self, days: int) -> None:
        try:
            self.ahead = await travel(self.hub, days, self._tell)
        except HubError as error:
            self.error = f"{error.message} {error.next_step}".strip()
        except Exception as error:
            log.exception("the hub could not look ahead")
            self.error = f"{type(error).__name__}: {error}"

    def _tell(self, reached: datetime) -> None:
        self.reached = reached

    async def stop(self) -> None:
        """Calls back what is on its way; its copy is gone when this returns."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
