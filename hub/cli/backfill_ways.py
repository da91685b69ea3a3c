"""Two ways to bring in older mail: through the running hub, or, when none runs, by this command itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

from hub.app import Hub
from hub.app.data import running
from hub.capture.backfilling import Backfiller
from hub.capture.reading_apart import ApartReader
from hub.cli.alone import alone
from hub.cli.hub_api import HubApi
from hub.config import Settings
from hub.desk import older_mail
from hub.desk.older_mail import Wanted
from hub.model.errors import HubError, NotFound
from hub.store import backfills
from hub.store.audit import Actor
from hub.store.backfills import Backfill

_REST_SECONDS = 0.5


class Way(Protocol):
    """What both ways do; backfills are told as the API tells them."""

    async def ask(self, channel: str, wanted: dict[str, Any]) -> list[dict[str, Any]]: ...
    async def look(self, channel: str) -> list[dict[str, Any]]: ...
    async def stop(self, channel: str) -> list[dict[str, Any]]: ...


@asynccontextmanager
async def way(settings: Settings) -> AsyncIterator[Way]:
    """Gives the way that is open now. Raises ConfigurationError without a database."""
    there = running(settings.hub.data)
    if there is not None:
        yield ThroughHub(HubApi(there))
        return
    async with alone(settings, with_channels=True) as hub:
        itself = ByItself(hub)
        working = asyncio.create_task(itself.work())
        try:
            yield itself
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


class ThroughHub:
    """The running hub does the work; this command waits and tells."""

    def __init__(self, api: HubApi) -> None:
        self._api = api

    async def ask(self, channel: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        return await self._items("POST", channel, "", wanted)

    async def look(self, channel: str) -> list[dict[str, Any]]:
        return await self._items("GET", channel)

    async def stop(self, channel: str) -> list[dict[str, Any]]:
        return await self._items("POST", channel, "/stop")

    async def _items(self, method: str, channel: str, act: str = "", body: Any = None) -> list[dict[str, Any]]:
        path = f"/channels/{channel}/backfills{act}"
        items: list[dict[str, Any]] = (await asyncio.to_thread(self._api.ask, method, path, body))["items"]
        return items


class ByItself:
    """This command holds the folder and works itself."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._works = [
            work(hub.intake, hub.channels, hub.worker, hub.clock).run_once for work in (Backfiller, ApartReader)
        ]

    async def work(self) -> None:
        """Works until it is cancelled; what holds a backfill up stands in it."""

        async def repeat(work: Callable[[], Awaitable[int]]) -> None:
            while True:
                with contextlib.suppress(HubError):
                    if await work():
                        continue
                await asyncio.sleep(_REST_SECONDS)

        await asyncio.gather(*[repeat(work) for work in self._works])

    async def ask(self, channel: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        self._require(channel)
        since = date.fromisoformat(wanted["since"]) if wanted["since"] else None
        asking = Wanted(channel=channel, since=since, folder=wanted["folder"])
        opened = self._hub.channels.get(channel)
        asked = await self._hub.database.write(lambda conn, by: older_mail.ask(conn, asking, opened, by), self._by())
        return [_plain(each) for each in asked]

    async def look(self, channel: str) -> list[dict[str, Any]]:
        return [_plain(each) for each in await self._hub.database.read(backfills.listed, channel)]

    async def stop(self, channel: str) -> list[dict[str, Any]]:
        self._require(channel)
        stopped = await self._hub.database.write(lambda conn, by: older_mail.stop(conn, channel, by), self._by())
        return [_plain(each) for each in stopped]

    def _require(self, channel: str) -> None:
        if channel not in self._hub.settings.channels:
            raise NotFound(f"There is no channel {channel}.")

    def _by(self) -> Actor:
        return Actor(name="the command line", at=self._hub.clock(), key=self._hub.keys.audit)


def _plain(backfill: Backfill) -> dict[str, Any]:
    told = asdict(backfill)
    since = told["since"].isoformat() if told["since"] else None
    kept = {name: value for name, value in told.items() if name not in ("epoch", "before")}
    return {**kept, "id": str(backfill.id), "since": since}
