"""Rounds: what a process does without being asked, by its roles; imported once the web room answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any

from channels.base import Parses, Polls, Recalls
from hub.app.backing_up import EVERY as BACKUP_EVERY
from hub.app.backing_up import BackupWork
from hub.app.erasures import keep_up
from hub.app.hub import Hub
from hub.app.roles import Role
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
from hub.desk import link_trials
from hub.desk.link_trials import LinkTrials
from hub.desk.mail_servers import Outside
from hub.model.errors import HubError, Refused
from hub.outreach import sent_copies
from hub.outreach.clockwork import Clockwork
from hub.outreach.sent_copies import SentCopies
from hub.outreach.sequencing import webhooks
from hub.outreach.sequencing.webhooks import WebhookSender

log = logging.getLogger(__name__)

_IDLE_SECONDS = 0.5
_AFTER_TROUBLE = timedelta(seconds=5)
Named = tuple[str, Coroutine[Any, Any, None]]


class Rounds:
    """Reads, sends and watches until it is cancelled; `address_of`: where a channel's provider calls us."""

    def __init__(self, hub: Hub, roles: frozenset[Role], address_of: Callable[[str], str]) -> None:
        self._hub = hub
        self._roles = roles
        self.watch = Watch(hub)
        self.clockwork = Clockwork(
            database=hub.database,
            blobs=hub.blobs,
            channels=hub.channels,
            settings=hub.settings,
            keys=hub.keys,
            worker=hub.worker,
            clock=hub.clock,
            address_of=address_of,
            public_url=hub.public_url,
        )

    async def run(self) -> None:
        """Does all of it; none of it should end, and what ended first is raised."""
        await keep_up(self._hub)
        tasks = [asyncio.create_task(work, name=name) for name, work in self._works()]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
                raise RuntimeError(f"{task.get_name()} ended")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _works(self) -> list[Named]:
        # The watch runs in every process, whatever its roles: it tells when one of the others does not run.
        works: list[Named] = [("watch", self.watch.run())]
        if Role.POLL in self._roles:
            works += _intake(self._hub)
        if Role.SEND in self._roles:
            works += [("clockwork", self.clockwork.run()), _sent_copies(self._hub), _webhooks(self._hub)]
            works.append(_link_trials(self._hub))
        return works


def _intake(hub: Hub) -> list[Named]:
    """Returns every reader of this process: mailboxes, providers' lists, media, uploads."""
    works: list[Named] = []
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
    works.append(_repeated(hub, "compare", reconciler.run_once, reconciling.LOOK_EVERY))
    sweeper = Sweeper(hub.database, hub.blobs, hub.clock)
    works.append(_repeated(hub, "sweep", sweeper.run_once, sweeping.EVERY))
    works.append(_repeated(hub, "uploads", uploads.run_once, timedelta(seconds=_IDLE_SECONDS)))
    backing_up = BackupWork(hub.database, hub.settings, hub.clock)
    works.append(_repeated(hub, "backup", backing_up.run_once, BACKUP_EVERY))
    return works


def _sent_copies(hub: Hub) -> Named:
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


def _webhooks(hub: Hub) -> Named:
    live = any(channel.mode == "live" for channel in hub.settings.channels.values())
    post = Outside().post if live else _stays_here
    sender = WebhookSender(hub.database, hub.keys, post, hub.worker, hub.clock)
    return _repeated(hub, "webhooks", sender.run_once, webhooks.EVERY)


def _link_trials(hub: Hub) -> Named:
    trials = LinkTrials(hub.database, Outside(), hub.worker, hub.clock)
    return _repeated(hub, "link_trials", trials.run_once, link_trials.EVERY)


async def _stays_here(url: str, _body: bytes, _headers: Mapping[str, str]) -> int:
    raise Refused(f"{url} was not told: no channel is live, and nothing leaves the sandbox.")


def _repeated(hub: Hub, name: str, work: Callable[[], Awaitable[int]], every: timedelta) -> Named:
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
