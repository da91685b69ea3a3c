"""The watch: asks every question once a minute, tries every channel now and then, keeps what was found as rows."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from channels.base import Polls, Recalls, Receives, TellsTime
from hub.app.data import database_url
from hub.app.hub import Hub
from hub.app.watching import machine
from hub.app.watching.checking import check_all, note_mended
from hub.app.watching.forged import Forged
from hub.insight.finders import QUESTIONS, House, found
from hub.insight.finders.keeping import KEY_PRINT
from hub.model.errors import HubError
from hub.outreach.do_not_call import good_for
from hub.outreach.quiet_hours import rulebook_of
from hub.store import health, leases, problems
from hub.store.installation import fact, note_fact
from hub.store.problems import Found

log = logging.getLogger(__name__)

LOOK, TRY = "needs_you", "try_channels"
LOOK_EVERY, TRY_EVERY = timedelta(minutes=1), timedelta(minutes=15)
_ASK_SECONDS = 2.0
# Nothing is late in the first minutes after a start: every job runs for the first time.
_SETTLES = timedelta(minutes=2)
# A database that takes this share of everybody's patience is slow.
_SLOW = 0.5
Finding = Callable[[], Awaitable[list[Found]]]


class Watch:
    """Looks for problems over one hub. A question that fails is a problem itself and stops no other."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._forged = Forged()
        self._looks = asyncio.Lock()
        self._begun: datetime | None = None

    async def run(self) -> None:
        """Looks for ever: at once, then each minute, in one process of all at a time."""
        self._begun = self._hub.clock()
        hurried = False
        while True:
            try:
                if not hurried:
                    await self._hub.database.write(_hurry, self._hub.clock())
                    hurried = True
                await self._tick()
            except HubError as error:
                log.warning("Nobody looked for problems: %s", error.message)
            except Exception:
                log.exception("the look for problems failed and is tried again")
            await asyncio.sleep(_ASK_SECONDS)

    async def look_again(self) -> None:
        """Looks at everything now and tries every channel; what was mended is gone. Raises Unavailable."""
        await self._look(tries=True, mends=True)

    async def findings(self, *, tries: bool, mends: bool = False) -> dict[str, list[Found] | None]:
        """Returns what each finder sees now, None for one that failed.

        `tries`: channels are tried too; `mends`: what was noted of those that are well now is ended.
        """
        found_now: dict[str, list[Found] | None] = {}
        failures: list[Found] = []
        if tries:
            checked = await check_all(self._hub.channels)
            found_now |= {_checker(name): told for name, told in checked.items()}
            if mends:
                await self._hub.database.write(self._note_mended, [name for name, told in checked.items() if not told])
        house = self._house()
        for name, finding in self._finders(house).items():
            try:
                found_now[name] = await finding()
            except Exception as error:
                log.exception("the question %s failed", name)
                found_now[name] = None
                said = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
                failures.append(found("finder_failed", name, said=said))
        found_now["watch"] = failures
        return found_now

    async def _tick(self) -> None:
        now = self._hub.clock()
        due = await self._hub.database.read(_due, now)
        claimed = [name for name, every in due if await self._hub.database.write(_claim, (name, now, every))]
        if not claimed:
            return
        failure = ""
        try:
            await self._look(tries=TRY in claimed)
        except Exception as error:
            failure = error.message if isinstance(error, HubError) else f"{type(error).__name__}: {error}"
            raise
        finally:
            for name in claimed:
                await self._hub.database.write(_finish, (name, self._hub.clock(), failure))

    async def _look(self, *, tries: bool, mends: bool = False) -> None:
        async with self._looks:
            await self._hub.database.write(self._note_key, None)
            found_now = await self.findings(tries=tries, mends=mends)
            await self._hub.database.write(self._note, found_now)

    def _note_mended(self, conn: Connection, well: list[str]) -> None:
        note_mended(conn, well, self._hub.clock())

    def _note(self, conn: Connection, found_now: dict[str, list[Found] | None]) -> None:
        now = self._hub.clock()
        for finder, told in found_now.items():
            if told is not None:
                problems.note(conn, finder, told, now)
        problems.end_of_others(conn, {*found_now, *map(_checker, self._hub.channels)}, now)
        problems.forget_old(conn, now)

    def _finders(self, house: House) -> dict[str, Finding]:
        data = self._hub.settings.hub.data
        url = database_url(self._hub.settings)

        def asked(name: str) -> Finding:
            return lambda: self._ask(name, house)

        def threaded(question: Callable[[], list[Found]]) -> Finding:
            return lambda: asyncio.to_thread(question)

        return {
            "database": self._database,
            **{name: asked(name) for name in QUESTIONS},
            "forged": self._forged_now,
            "clocks": self._clocks,
            "disk": threaded(lambda: machine.disk(data)),
            "file_system": threaded(lambda: machine.file_system(url, data, machine.mounts())),
            "time_zones": threaded(lambda: machine.time_zones(machine.zones_version(), house.now)),
            "spool": threaded(lambda: machine.spool(data)),
        }

    async def _ask(self, name: str, house: House) -> list[Found]:
        return await self._hub.database.read(QUESTIONS[name], house)

    async def _database(self) -> list[Found]:
        began = time.perf_counter()
        await self._hub.database.read(lambda conn, _: conn.scalar(select(1)), None)
        took = time.perf_counter() - began
        slow = _SLOW * self._hub.settings.limits.patience_seconds
        return [found("database_slow", "database", seconds=round(took, 1))] if took >= slow else []

    async def _forged_now(self) -> list[Found]:
        forged = await self._hub.database.read(lambda conn, _: health.forged(conn), None)
        counted = {name: count for name, count in forged.items() if name in self._hub.channels}
        return self._forged.many(self._hub.clock(), counted)

    async def _clocks(self) -> list[Found]:
        """Compares this machine's clock with those that it was told of by answers it got anyway."""
        offsets = {
            name: channel.clock_offset
            for name, channel in self._hub.channels.items()
            if isinstance(channel, TellsTime) and channel.clock_offset is not None
        }
        if self._hub.database.engine == "postgresql":
            theirs = await self._hub.database.read(lambda conn, _: conn.scalar(select(func.clock_timestamp())), None)
            if isinstance(theirs, datetime):
                offsets["database"] = self._hub.clock() - theirs
        return machine.clocks(offsets)

    def _house(self) -> House:
        hub, now = self._hub, self._hub.clock()
        live = {name for name, section in hub.settings.channels.items() if section.mode == "live"}
        watched = {name for name, channel in hub.channels.items() if isinstance(channel, Polls | Recalls)}
        rulebook = rulebook_of(hub.settings)
        called = {n for n, channel in hub.channels.items() if isinstance(channel, Receives) and n in live}
        return House(
            now=now,
            channels=frozenset(hub.settings.channels),
            live=frozenset(live),
            added=frozenset(name for name, section in hub.settings.channels.items() if section.kept),
            watched=frozenset(watched),
            called=frozenset(called),
            public_url=hub.public_url,
            key_print=self._key_print(),
            backup_every=timedelta(hours=hub.settings.backup.every_hours),
            running=self._begun is not None and now - self._begun >= _SETTLES,
            lists_hold=good_for(rulebook.listed, now.date()),
            storage_country=hub.settings.hub.storage_country,
            kept_at_home=frozenset(row.place for row in rulebook.storage if row.since <= now.date()),
        )

    def _key_print(self) -> str:
        return hmac.new(self._hub.keys.audit, b"key-print", hashlib.sha256).hexdigest()[:16]

    def _note_key(self, conn: Connection, _: None) -> None:
        """Notes by what key this database was made, once; a restored copy begins anew with the key it is given."""
        mine = f"{fact(conn, 'epoch')}:{self._key_print()}"
        noted = fact(conn, KEY_PRINT)
        if noted.partition(":")[0] != mine.partition(":")[0]:
            note_fact(conn, KEY_PRINT, mine)


def _checker(channel: str) -> str:
    return f"check/{channel}"


def _hurry(conn: Connection, now: datetime) -> None:
    leases.hurry(conn, [LOOK, TRY], now)


def _due(conn: Connection, now: datetime) -> list[tuple[str, timedelta]]:
    next_run = {row["name"]: row["next_run_at"] for row in leases.ticks(conn)}
    return [(name, every) for name, every in ((LOOK, LOOK_EVERY), (TRY, TRY_EVERY)) if next_run.get(name, now) <= now]


def _claim(conn: Connection, given: tuple[str, datetime, timedelta]) -> bool:
    name, now, every = given
    return leases.claim_tick(conn, name, now, every) is not None


def _finish(conn: Connection, given: tuple[str, datetime, str]) -> None:
    leases.finish_tick(conn, *given)
