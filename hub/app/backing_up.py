"""Backups as the running hub makes them: asked for on a page or by the clock, made by a process of their own.

A backup reads every row; in this process it would keep texts and pages waiting.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from hub.app.data import database_url
from hub.app.standing import Standing
from hub.config import Settings
from hub.model.errors import HubError
from hub.secrets import hub_key
from hub.store import backups
from hub.store.backup.making import Making, make
from hub.store.backup.places import on_snapshot
from hub.store.backup.sealing import key_check
from hub.store.backups import Backup, Result
from hub.store.migrate import newest_revision
from hub.store.session import Database

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
# The step of a backup that is made and is being restored now.
TRIAL = "trial"
_TELL_SECONDS = 1.0
_STILL_THERE_SECONDS = 60.0
_LEFT_LYING = timedelta(days=1)


def backup_folder(settings: Settings) -> Path:
    """Returns where backups are kept."""
    return Path(settings.backup.folder).absolute() if settings.backup.folder else backups_beside(settings.hub.data)


def backups_beside(data: Path) -> Path:
    """Returns where backups are kept unless the settings name another folder."""
    return data.absolute() / "backups"


def backup_name(at: datetime) -> str:
    """Returns the name of a backup made at a time."""
    return f"hub-{at:%Y%m%dT%H%M%SZ}.tar"


async def keep_before_upgrade(settings: Settings, standing: Standing, say: Callable[[str], None]) -> None:
    """Keeps the rows of a SQLite database as they are before its schema changes; stored files do not change.

    On PostgreSQL a migration is one transaction, and a server has its own backups: `hub upgrade` makes one there.
    """
    url = database_url(settings)
    if not url.startswith("sqlite"):
        return
    now = datetime.now(UTC)
    file = backup_folder(settings) / f"before-schema-{newest_revision()}-{now:%Y%m%dT%H%M%SZ}.tar"
    say(f"Keeping a backup of the database before its schema changes: {file}")
    check = standing.key_check or key_check(hub_key(settings.hub.data))
    making = Making(file=file, made_at=now, key_check=check, blobs=None)
    await asyncio.to_thread(on_snapshot, url, lambda conn: make(conn, making, lambda step, done, total: None))


@dataclass(slots=True)
class BackupWork:
    """Makes what was asked for, asks by itself when the clock says so, and lets old ones make way."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    host: str = socket.gethostname()

    async def run_once(self) -> int:
        """Makes the backup that is wanted, if any; returns how many it made."""
        now, hours = self.clock(), self.settings.backup.every_hours
        if hours and await self.database.read(_is_due, (hours, now)):
            await self.database.write(lambda conn, at: backups.ask_when_due(conn, timedelta(hours=hours), at), now)
        if not await self.database.read(_is_wanted, now):
            return 0
        file = backup_folder(self.settings) / backup_name(now)
        taken = await self.database.write(lambda conn, at: backups.take(conn, self.host, str(file), at), now)
        if taken is None:
            return 0
        try:
            result = await self._make(taken, file)
        except asyncio.CancelledError:
            # The hub stops, or goes on by other settings: it is made then.
            await asyncio.shield(self.database.write(backups.give_back, taken.id))
            raise
        ended = self.clock()
        await self.database.write(lambda conn, _: backups.finish(conn, taken.id, result, ended), None)
        if result.error:
            log.warning("The backup could not be made: %s", result.error)
        await self._thin()
        return 1

    async def _make(self, backup: Backup, file: Path) -> Result:
        """Runs `hub backup` and follows it. A hub that stops stops it too."""
        data, origin = self.settings.hub.data.absolute(), self.settings.origin
        words = ["backup", str(file), "--json", "--for-the-hub", "--data", str(data)]
        words += ["--config", str(origin.absolute())] if origin else []
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hub",
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            told, said = await asyncio.gather(self._follow(backup.id, process.stderr), process.stdout.read())
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        answer = _read(said) or {}
        if process.returncode == 0 and answer:
            return Result(**{**answer, "verified_at": _moment(answer.get("verified_at"))})
        await asyncio.to_thread(file.unlink, missing_ok=True)
        why = told.get("message") or f"The process that made it ended with {process.returncode}."
        return Result(file=str(file), error=f"{why} {told.get('next', '')}".strip())

    async def _follow(self, backup: int, stream: asyncio.StreamReader) -> dict[str, Any]:
        """Notes each step that is told, at most one a second; returns the error that was told, if any."""
        error: dict[str, Any] = {}
        noted = 0.0
        while True:
            try:
                async with asyncio.timeout(_STILL_THERE_SECONDS):
                    line = await stream.readline()
            except TimeoutError:
                line = b'{"step": "", "done": 0, "total": 0}'  # it is there, and says nothing
            if not line:
                return error
            told = _read(line) or {}
            if "message" in told:
                error = told
            now = asyncio.get_running_loop().time()
            if "step" in told and now - noted >= _TELL_SECONDS:
                noted = now
                await self._note(backup, told)

    async def _note(self, backup: int, told: dict[str, Any]) -> None:
        step = TRIAL if told.get("doing") == "Restoring on trial" else str(told["step"])
        done, total, now = int(told["done"]), int(told["total"]), self.clock()
        try:
            await self.database.write(
                lambda conn, _: backups.progress(conn, backup, step, done, total, now), None, bulk=True
            )
        except HubError as error:
            log.warning("The progress of a backup is shown later: %s", error.message)

    async def _thin(self) -> None:
        """Removes what newer backups stand in for, the file before its row."""
        folder, keep = backup_folder(self.settings), self.settings.backup.keep
        await asyncio.to_thread(_sweep, folder, (self.clock() - _LEFT_LYING).timestamp())
        old = await self.database.read(lambda conn, _: backups.too_many(conn, self.host, str(folder), keep), None)
        for each in old:
            await asyncio.to_thread(Path(each.file).unlink, missing_ok=True)
            await self.database.write(backups.forget, each.id)


def _sweep(folder: Path, before: float) -> None:
    """Removes what a backup that was killed left half done."""
    for pattern in ("*.tar.part", ".*.trial.sqlite3*"):
        for file in folder.glob(pattern):
            if file.stat().st_mtime < before:
                file.unlink(missing_ok=True)


def _is_due(conn: Any, given: tuple[float, datetime]) -> bool:
    hours, now = given
    newest = backups.listed(conn)[:1]
    return not newest or newest[0].asked_at + timedelta(hours=hours) <= now


def _is_wanted(conn: Any, now: datetime) -> bool:
    return any(
        each.state == "wanted" or (each.working and each.seen_at < now - backups.SILENT_FOR)
        for each in backups.listed(conn)
    )


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
