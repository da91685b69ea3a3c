"""Serving: what a process does by its roles, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from aiohttp import web

from channels.base import Parses, Polls, Recalls
from hub.app.hub import Hub
from hub.app.roles import Role
from hub.capture import sweeping
from hub.capture.media import MediaFetcher
from hub.capture.polling import Poller
from hub.capture.recalling import EVERY, Recaller
from hub.capture.sweeping import Sweeper
from hub.capture.uploads import Uploads
from hub.model.errors import ConfigurationError, HubError
from hub.outreach.clockwork import Clockwork
from hub.web.app import make_app
from hub.web.services import Services

log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_AFTER_TROUBLE = timedelta(seconds=5)


@asynccontextmanager
async def serving(hub: Hub, roles: frozenset[Role]) -> AsyncIterator[asyncio.Task[None]]:
    """Runs everything of these roles; yields a task that ends only when a part of the hub broke for good."""
    tasks: list[asyncio.Task[None]] = []
    clockwork = _clockwork(hub)
    runner: web.AppRunner | None = None
    try:
        if Role.WEB in roles:
            runner = await _listen(hub, clockwork)
        if Role.POLL in roles:
            tasks += [asyncio.create_task(work, name=name) for name, work in _intake(hub)]
        if Role.SEND in roles:
            tasks.append(asyncio.create_task(clockwork.run(), name="clockwork"))
        yield asyncio.create_task(_first_to_end(tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if runner is not None:
            await runner.cleanup()


async def _first_to_end(tasks: list[asyncio.Task[None]]) -> None:
    """Waits for a part that ended, which none should, and raises what ended it."""
    if not tasks:
        await asyncio.Event().wait()
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        await task
        raise RuntimeError(f"{task.get_name()} ended")


def _clockwork(hub: Hub) -> Clockwork:
    return Clockwork(
        database=hub.database,
        blobs=hub.blobs,
        channels=hub.channels,
        settings=hub.settings,
        keys=hub.keys,
        worker=hub.worker,
        clock=hub.clock,
        address_of=services(hub, None).address_of,
        public_url=hub.public_url,
    )


def services(hub: Hub, clockwork: Clockwork | None) -> Services:
    """Returns what the web room is given."""
    return Services(
        settings=hub.settings,
        database=hub.database,
        blobs=hub.blobs,
        intake=hub.intake,
        channels=hub.channels,
        keys=hub.keys,
        public_url=hub.public_url,
        local_url=hub.local_url,
        clock=hub.clock,
        nudge=clockwork.nudge if clockwork else lambda: None,
        local_token=hub.local_token,
    )


async def _listen(hub: Hub, clockwork: Clockwork) -> web.AppRunner:
    runner = web.AppRunner(make_app(services(hub, clockwork)), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, hub.settings.hub.host or None, hub.settings.hub.port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            f"The hub cannot listen on {hub.settings.hub.host}:{hub.settings.hub.port}: {error.strerror}.",
            next_step="Stop what listens there, or choose another with --port or HUB_PORT.",
        ) from error
    return runner


def _intake(hub: Hub) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    """Returns every reader of this process: mailboxes, providers' lists, media, uploads."""
    works: list[tuple[str, Coroutine[Any, Any, None]]] = []
    for name, channel in hub.channels.items():
        if isinstance(channel, Polls) and isinstance(channel, Parses):
            works += [
                (f"poll {name}/{mailbox}", Poller(hub.intake, channel, mailbox, hub.worker, hub.clock).run())
                for mailbox in channel.mailboxes
            ]
        if isinstance(channel, Recalls) and isinstance(channel, Parses):
            recaller = Recaller(hub.intake, channel, hub.worker, hub.clock)
            works.append((f"recall {name}", _repeat(f"recall {name}", recaller.run_once, EVERY)))
    media = MediaFetcher(hub.database, hub.blobs, hub.channels, hub.worker, hub.clock)
    uploads = Uploads(
        database=hub.database,
        blobs=hub.blobs,
        capture=hub.intake.capture,
        channels=hub.channels,
        clock=hub.clock,
        worker=hub.worker,
    )
    works.append(("media", _repeat("media", media.work, timedelta(seconds=_IDLE_SECONDS))))
    sweeper = Sweeper(hub.database, hub.blobs, hub.clock)
    works.append(("sweep", _repeat("sweep", sweeper.run_once, sweeping.EVERY)))
    works.append(("uploads", _repeat("uploads", uploads.run_once, timedelta(seconds=_IDLE_SECONDS))))
    return works


async def _repeat(name: str, work: Callable[[], Awaitable[int]], every: timedelta) -> None:
    """Runs a work for ever: at once again while there was something to do, else after a rest."""
    while True:
        rest = every
        try:
            if await work() and every < _AFTER_TROUBLE:
                continue
        except HubError as error:
            log.warning("%s: %s", name, error.message)
            rest = max(every, _AFTER_TROUBLE)
        except Exception:
            log.exception("%s failed and is tried again", name)
            rest = max(every, _AFTER_TROUBLE)
        await asyncio.sleep(rest.total_seconds())
