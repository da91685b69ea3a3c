"""Serving: what a process does by its roles, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

from aiohttp import web

from channels.base import Parses, Polls, Recalls
from hub.app.backing_up import EVERY as BACKUP_EVERY
from hub.app.backing_up import BackupWork
from hub.app.figures import WouldHaveSent
from hub.app.hub import Hub, lends
from hub.app.playing import playing
from hub.app.roles import Role
from hub.app.round_trip import sent_once
from hub.app.travelling import Travels
from hub.app.trying import tried, tried_section
from hub.app.twilio_accounts import TwilioAccounts
from hub.app.watching import Beat, Watch
from hub.capture import backfilling, reading_apart, reconciling, recordings, sweeping, transcribing
from hub.capture.backfilling import Backfiller
from hub.capture.media import MediaFetcher
from hub.capture.polling import Poller
from hub.capture.reading_apart import ApartReader
from hub.capture.recalling import Recaller
from hub.capture.reconciling import Reconciler
from hub.capture.recordings import RecordingKeeper
from hub.capture.sweeping import Sweeper
from hub.capture.transcribing import Transcriber
from hub.capture.uploads import Uploads
from hub.desk.mail_servers import Outside
from hub.model.errors import HubError, Refused
from hub.outreach import sent_copies
from hub.outreach.clockwork import Clockwork
from hub.outreach.sent_copies import SentCopies
from hub.outreach.sequencing import webhooks
from hub.outreach.sequencing.webhooks import WebhookSender
from hub.web.app import make_app
from hub.web.services import Services

log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_STOP_SECONDS = 5.0
_ABOUT_TO_ASK_SECONDS = 1.0
_FIGURE = "would have sent"
_AFTER_TROUBLE = timedelta(seconds=5)


class Work:
    """What a process does by its roles: answers requests, reads, sends. Begun once, then rested, then closed."""

    def __init__(self, hub: Hub, roles: frozenset[Role]) -> None:
        self._hub = hub
        self._roles = roles
        self._clockwork = _clockwork(hub)
        self._watch = Watch(hub)
        self._travels = Travels(hub)
        self._tasks: list[asyncio.Task[None]] = []
        self._listening: list[socket.socket] = []
        self._runner: web.AppRunner | None = None

    async def begin(self, sockets: Sequence[socket.socket]) -> None:
        """Begins all of it; the web room on copies of these sockets, which stay open. Raises ConfigurationError."""
        if Role.WEB in self._roles:
            figure = WouldHaveSent(self._hub)
            app = make_app(services(self._hub, self._clockwork, figure, self._watch, self._travels))
            self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_STOP_SECONDS)
            await self._runner.setup()
            for each in sockets:
                self._listening.append(each.dup())
                await web.SockSite(self._runner, self._listening[-1]).start()
            self._tasks.append(asyncio.create_task(figure.run(), name=_FIGURE))
        if Role.POLL in self._roles:
            self._tasks += [asyncio.create_task(work, name=name) for name, work in _intake(self._hub)]
        if Role.SEND in self._roles:
            self._tasks.append(asyncio.create_task(self._clockwork.run(), name="clockwork"))
            for name, work in (_sent_copies(self._hub), _webhooks(self._hub)):
                self._tasks.append(asyncio.create_task(work, name=name))
        # In every process, whatever its roles: it tells when one of the others does not run.
        self._tasks.append(asyncio.create_task(self._watch.run(), name="watch"))

    async def first_to_end(self) -> None:
        """Waits for a part that ended, which none should, and raises what ended it."""
        lasting = [task for task in self._tasks if task.get_name() != _FIGURE]
        if not lasting:
            await asyncio.Event().wait()
        done, _ = await asyncio.wait(lasting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task
            raise RuntimeError(f"{task.get_name()} ended")

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
        await self._travels.stop()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()


def _clockwork(hub: Hub) -> Clockwork:
    return Clockwork(
        database=hub.database,
        blobs=hub.blobs,
        channels=hub.channels,
        settings=hub.settings,
        keys=hub.keys,
        worker=hub.worker,
        clock=hub.clock,
        address_of=services(hub).address_of,
        public_url=hub.public_url,
    )


def services(
    hub: Hub,
    clockwork: Clockwork | None = None,
    figure: WouldHaveSent | None = None,
    watch: Watch | None = None,
    travels: Travels | None = None,
) -> Services:
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
        sandbox=playing(hub),
        would_have_sent=lambda: figure.count if figure else 0,
        try_channel=lambda name: tried(hub, name),
        take_up_settings=hub.changed.set,
        try_new=lambda new, consent: tried_section(hub, new, lends(hub)(consent) if consent else None, looks=True),
        send_new=lambda new, consent, letter: sent_once(hub, new, lends(hub)(consent) if consent else None, letter),
        look_again=(watch or Watch(hub)).look_again,
        phones=TwilioAccounts(),
        travels=travels,
    )


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
            works.append(_repeated(hub, f"recall {name}", recaller.run_once, recaller.every))
    media = MediaFetcher(hub.database, hub.blobs, hub.channels, hub.worker, hub.clock)
    uploads = Uploads(
        database=hub.database,
        blobs=hub.blobs,
        capture=hub.intake.capture,
        channels=hub.channels,
        clock=hub.clock,
        worker=hub.worker,
    )
    works.append(_repeated(hub, "media", media.work, timedelta(seconds=_IDLE_SECONDS)))
    transcriber = Transcriber(hub.database, hub.blobs, hub.channels, hub.worker, hub.clock)
    works.append(_repeated(hub, "transcribe", transcriber.work, transcribing.EVERY))
    keeper = RecordingKeeper(hub.database, hub.channels, hub.worker, hub.clock, hub.settings.calls.keep_recordings_days)
    works.append(_repeated(hub, "recordings", keeper.run_once, recordings.EVERY))
    apart = ApartReader(hub.intake, hub.channels, hub.worker, hub.clock)
    works.append(_repeated(hub, "read_apart", apart.run_once, reading_apart.EVERY))
    backfiller = Backfiller(hub.intake, hub.channels, hub.worker, hub.clock)
    works.append(_repeated(hub, "backfill", backfiller.run_once, backfilling.EVERY))
    reconciler = Reconciler(hub.intake, hub.channels, hub.worker, hub.clock)
    works.append(_repeated(hub, "reconcile", reconciler.run_once, reconciling.LOOK_EVERY))
    sweeper = Sweeper(hub.database, hub.blobs, hub.clock)
    works.append(_repeated(hub, "sweep", sweeper.run_once, sweeping.EVERY))
    works.append(_repeated(hub, "uploads", uploads.run_once, timedelta(seconds=_IDLE_SECONDS)))
    backing_up = BackupWork(hub.database, hub.settings, hub.clock)
    works.append(_repeated(hub, "backup", backing_up.run_once, BACKUP_EVERY))
    return works


def _sent_copies(hub: Hub) -> tuple[str, Coroutine[Any, Any, None]]:
    copies = SentCopies(
        database=hub.database,
        blobs=hub.blobs,
        channels=hub.channels,
        settings=hub.settings,
        keys=hub.keys,
        public_url=hub.public_url,
        worker=hub.worker,
        clock=hub.clock,
    )
    return _repeated(hub, "sent_copies", copies.run_once, sent_copies.EVERY)


def _webhooks(hub: Hub) -> tuple[str, Coroutine[Any, Any, None]]:
    live = any(channel.mode == "live" for channel in hub.settings.channels.values())
    post = Outside().post if live else _stays_here
    sender = WebhookSender(hub.database, hub.keys, post, hub.worker, hub.clock)
    return _repeated(hub, "webhooks", sender.run_once, webhooks.EVERY)


async def _stays_here(url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
    raise Refused(f"{url} was not told: no channel is live, and nothing leaves the sandbox.")


def _repeated(
    hub: Hub, name: str, work: Callable[[], Awaitable[int]], every: timedelta
) -> tuple[str, Coroutine[Any, Any, None]]:
    beat = Beat(name, every, work, hub.database, hub.clock)
    return name, _repeat(name, beat, every)


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
