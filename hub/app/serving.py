"""Serving: what a process does by its roles, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

from hub.app.figures import WouldHaveSent
from hub.app.hub import Hub, lends
from hub.app.memory import keep_what_stands
from hub.app.playing import playing
from hub.app.roles import Role
from hub.app.round_trip import sent_once
from hub.app.travelling import Travels
from hub.app.trying import tried, tried_section
from hub.app.twilio_accounts import TwilioAccounts
from hub.outreach.way_out import check_way_out
from hub.web.app import make_app, make_pages
from hub.web.services import Services
from hub.web.sighted import Sighted

if TYPE_CHECKING:
    from hub.app.rounds import Rounds

_STOP_SECONDS = 5.0
_ABOUT_TO_ASK_SECONDS = 1.0


class Work:
    """What a process does by its roles: answers requests, reads, sends. Begun once, then rested, then closed.

    A start ends when requests are answered. What the rest of it needs is imported after that: half of all modules.
    """

    def __init__(self, hub: Hub, roles: frozenset[Role]) -> None:
        self._hub = hub
        self._roles = roles
        self.travels = Travels(hub)
        self._rounds: Rounds | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._listening: list[socket.socket] = []
        self._runner: web.AppRunner | None = None

    async def begin(self, sockets: Sequence[socket.socket]) -> None:
        """Begins all of it; the web room on copies of these sockets, which stay open. Raises ConfigurationError."""
        check_way_out(self._hub.settings, self._hub.channels)
        if Role.WEB in self._roles:
            figure = WouldHaveSent(self._hub)
            app = make_app(services(self._hub, self, figure))
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_SECONDS)
            await self._runner.setup()
            for each in sockets:
                self._listening.append(each.dup())
                await web.SockSite(self._runner, self._listening[-1]).start()
            self._tasks.append(asyncio.create_task(figure.run(), name="would have sent"))
        self._tasks.append(asyncio.create_task(self._go_round(), name="rounds"))

    async def _go_round(self) -> None:
        rounds = asyncio.create_task((await self._known_rounds()).run())
        try:
            if self._runner is not None:
                await make_pages(self._runner.app)
            keep_what_stands()
            await rounds
        finally:
            rounds.cancel()
            await asyncio.gather(rounds, return_exceptions=True)

    async def _known_rounds(self) -> Rounds:
        if self._rounds is None:
            await asyncio.to_thread(import_module, "hub.app.rounds")
            from hub.app.rounds import Rounds

            self._rounds = self._rounds or Rounds(self._hub, self._roles, services(self._hub, self).address_of)
        return self._rounds

    def nudge(self) -> None:
        """Wakes the dispatcher of this process; one that has not begun will look by itself."""
        if self._rounds is not None:
            self._rounds.clockwork.nudge()

    async def look_again(self) -> None:
        """Looks for everything that may need somebody, now. Raises Unavailable."""
        await (await self._known_rounds()).watch.look_again()

    async def first_to_end(self) -> None:
        """Waits for a part that ended, which none should, and raises what ended it."""
        lasting = [task for task in self._tasks if task.get_name() == "rounds"]
        await asyncio.wait(lasting)
        for task in lasting:
            await task

    async def rest(self) -> None:
        """Reads and sends nothing more; what is on its way may still arrive. Requests are answered on."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self, seconds: float) -> None:
        """Takes no more requests and lets those that were begun finish, for so long."""
        if self._runner is None or self._runner.server is None:
            return
        for each in self._listening:
            asyncio.get_running_loop().remove_reader(each.fileno())
        # Whoever has just connected is about to ask: closed now, they would see a broken connection. (And closing a
        # server of asyncio resets those it has accepted and not begun with, up to Python 3.12.)
        await asyncio.sleep(_ABOUT_TO_ASK_SECONDS)
        for site in list(self._runner.sites):
            await site.stop()
        self._runner.server.pre_shutdown()
        await self._runner.server.shutdown(seconds)

    async def close(self) -> None:
        """Ends the web room."""
        await self.travels.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def services(hub: Hub, work: Work | None = None, figure: WouldHaveSent | None = None) -> Services:
    """Returns what the web room is given: that of a process at work, or of one that only answers."""
    work = work or Work(hub, frozenset())
    return Services(
        settings=hub.settings,
        database=Sighted(hub.database),
        blobs=hub.blobs,
        intake=hub.intake,
        channels=hub.channels,
        keys=hub.keys,
        public_url=hub.public_url,
        local_url=hub.local_url,
        clock=hub.clock,
        nudge=work.nudge,
        local_token=hub.local_token,
        sandbox=playing(hub),
        would_have_sent=lambda: figure.count if figure else 0,
        try_channel=lambda name: tried(hub, name),
        take_up_settings=hub.changed.set,
        try_new=lambda new, consent: tried_section(hub, new, lends(hub)(consent) if consent else None, looks=True),
        send_new=lambda new, consent, letter: sent_once(hub, new, lends(hub)(consent) if consent else None, letter),
        look_again=work.look_again,
        phones=TwilioAccounts(),
        travels=work.travels,
    )
