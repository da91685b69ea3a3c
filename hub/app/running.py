"""Running: one process from its start to its end, taking up changed settings on the way without stopping."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from hub.app.hub import Hub, opened, with_its_channels
from hub.app.listening import listening
from hub.app.memory import give_large_blocks_back
from hub.app.roles import Role
from hub.app.serving import Work
from hub.config import Settings
from hub.model.errors import HubError
from hub.store.installation import settings_epoch
from hub.store.recovery import free_the_dead

log = logging.getLogger(__name__)

# How soon a process notices that another changed the settings.
LOOK_SECONDS = 2.0
# Requests that were begun under the settings of before may take this long to finish; new ones do not wait for them.
_FINISH_SECONDS = 30.0
_AGAIN_SECONDS = 2.0


class Shift:
    """The channels, the web room and the background work under one epoch of the settings."""

    def __init__(self, hub: Hub, work: Work, held: AsyncExitStack) -> None:
        self.hub = hub
        self._work = work
        self._held = held

    @classmethod
    async def begin(cls, base: Hub, roles: frozenset[Role], sockets: Sequence[socket.socket]) -> Shift:
        """Opens the channels by the settings of now and begins to work. Raises ConfigurationError and Unavailable."""
        async with AsyncExitStack() as held:
            hub = await held.enter_async_context(with_its_channels(base))
            work = Work(hub, roles)
            await work.begin(sockets)
            return cls(hub, work, held.pop_all())

    async def goes_on(self, stop: asyncio.Event) -> bool:
        """Works until the settings changed (True) or the process is told to stop (False); raises what broke."""
        waits = {
            asyncio.create_task(stop.wait(), name="stop"): False,
            asyncio.create_task(self.hub.changed.wait(), name="changed"): True,
            asyncio.create_task(self._other_epoch(), name="watch settings"): True,
        }
        broken = asyncio.create_task(self._work.first_to_end(), name="work")
        done, _ = await asyncio.wait({*waits, broken}, return_when=asyncio.FIRST_COMPLETED)
        for each in (*waits, broken):
            each.cancel()
        await asyncio.gather(*waits, broken, return_exceptions=True)
        if broken in done:
            broken.result()
        return all(changed for wait, changed in waits.items() if wait in done)

    async def _other_epoch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                epoch = await self.hub.database.read(lambda conn, _: settings_epoch(conn), None)
            except HubError as error:
                log.debug("changed settings are noticed later: %s", error.message)
                continue
            if epoch != self.hub.settings.epoch:
                return

    async def relieve(
        self, base: Hub, roles: frozenset[Role], sockets: Sequence[socket.socket], stop: asyncio.Event
    ) -> Shift:
        """Lets the next shift take over; returns it, or this one where the process is told to stop meanwhile.

        First nothing is read and sent any more, what is on its way arrives; then the next shift opens its channels and
        answers requests on the same sockets; last the requests that were begun here finish and the channels close.
        """
        log.info("the settings were changed and are taken up")
        await self._work.rest()
        while not stop.is_set():
            try:
                if base.database.engine == "sqlite":
                    await base.database.write(free_the_dead, base.clock())
                following = await Shift.begin(base, roles, sockets)
            except HubError as error:
                log.warning("the new settings cannot be taken up yet: %s %s", error.message, error.next_step)
                await _wait(stop, _AGAIN_SECONDS)
                continue
            finishing = asyncio.create_task(self._work.finish(_FINISH_SECONDS))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({finishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for each in (finishing, stopping):
                each.cancel()
            await asyncio.gather(finishing, stopping, return_exceptions=True)
            await self.end()
            return following
        return self

    async def end(self) -> None:
        """Stops all of it."""
        await self._work.rest()
        await self._work.close()
        await self._held.aclose()


async def run(
    settings: Settings,
    roles: frozenset[Role],
    stop: asyncio.Event,
    prepare: Callable[[Hub], Awaitable[None]],
    began: Callable[[Hub], None],
) -> None:
    """Runs a process until `stop` is set.

    `prepare` sees the hub before it works, once; `began` each time it works by new settings. Raises ConfigurationError
    and Unavailable at the start; later what cannot be taken up is tried again.
    """
    async with AsyncExitStack() as held:
        sockets: Sequence[socket.socket] = ()
        if Role.WEB in roles:
            sockets = await held.enter_async_context(listening(settings.hub.host, settings.hub.port))
        base = await held.enter_async_context(opened(settings, with_channels=False))
        await prepare(base)
        shift = await Shift.begin(base, roles, sockets)
        give_large_blocks_back()
        try:
            began(shift.hub)
            while await shift.goes_on(stop):
                shift = await shift.relieve(replace(base), roles, sockets, stop)
                if stop.is_set():
                    break
                began(shift.hub)
        finally:
            await shift.end()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
