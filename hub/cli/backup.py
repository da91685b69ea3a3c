"""`hub backup`: one file with everything of a running hub, restored on trial before it counts."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.frame import emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hub.config import Settings
    from hub.store.backup.making import Tell
    from hub.store.backups import Backup, Result

_EVERY_SECONDS = 1.0
_NICE = 10

DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="The database; else as the settings say.", show_default=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", help="A file whose first line seals the hub's key in the backup.", show_default=False
    ),
]


def register(app: typer.Typer) -> None:
    """Adds `backup`."""
    app.command()(backup)


def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; else a new file in the folder of backups.")] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not restore it on trial: it then counts for nothing.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    for_the_hub: Annotated[bool, typer.Option("--for-the-hub", hidden=True)] = False,
) -> None:
    """Keep everything of this hub, running or not, in one file, and prove that it can be restored."""
    settings = settings_of(config, data=data, database_url=database_url)
    from datetime import UTC, datetime

    from hub.app.backing_up import backup_folder, backup_name
    from hub.model.errors import HubError
    from hub.store.backups import Result

    if for_the_hub:
        os.nice(_NICE)
    now = datetime.now(UTC).replace(microsecond=0)
    target = (file or backup_folder(settings) / backup_name(now)).absolute()
    try:
        result = make_one(settings, target, now, passphrase_of(settings, passphrase_file), verify=not no_verify)
    except HubError as error:
        if not for_the_hub:
            note_in_hub(settings, now, Result(file=str(target), error=error.message))
        raise
    if for_the_hub:
        emit(_plain(result))
        return
    number = note_in_hub(settings, now, result)
    if wants_json():
        emit({**_plain(result), "id": number})
        return
    say(f"{result.file}: {result.rows:,} rows and {result.blobs:,} stored files, {result.size / 1e6:,.1f} MB")
    say("Restored on trial: its counts and digests agree." if result.verified_at else "It was not restored on trial.")
    if result.missing:
        say(f"{result.missing:,} stored files are missing in the hub itself, and so in the backup.")
    if not result.with_key:
        say("The hub's key is not in it: keep a copy of hub.key (or HUB_KEY) and secrets.env somewhere else.")


def make_one(settings: Settings, file: Path, now: Any, passphrase: str, *, verify: bool) -> Result:
    """Makes a backup and restores it on trial, telling on standard error how far it is. Raises HubError."""
    from datetime import UTC, datetime

    from hub.app.data import database_url
    from hub.model.errors import HubError
    from hub.store.backup.making import Making, make
    from hub.store.backup.places import on_snapshot
    from hub.store.backup.restoring import try_out
    from hub.store.backup.sealing import seal_files
    from hub.store.backups import Result
    from hub.store.blobs import FileBlobs

    check, files = _key_of(settings, database_url(settings))
    sealed = seal_files(files, passphrase) if passphrase and "hub.key" in files else b""
    blobs = FileBlobs(settings.hub.data / "blobs")
    making = Making(file=file, made_at=now, key_check=check, blobs=blobs, sealed_key=sealed)
    made = on_snapshot(database_url(settings), lambda conn: make(conn, making, teller("Copying")))
    verified = None
    if verify:
        tell = teller("Restoring on trial", made.rows + made.blobs)
        try:
            try_out(file, file.with_name(f".{file.name}.trial.sqlite3"), tell)
        except HubError as error:
            raise HubError(
                f"{file} was made, but could not be restored on trial, so it does not count. {error.message}",
                next_step=error.next_step,
            ) from error
        verified = datetime.now(UTC).replace(microsecond=0)
    return Result(
        file=str(file),
        size=made.size,
        rows=made.rows,
        blobs=made.blobs,
        missing=len(made.missing),
        with_key=bool(sealed),
        verified_at=verified,
    )


def teller(doing: str, of: int = 0) -> Tell:
    """Returns what tells on standard error how far something is, now and then; `of` where the teller knows no total."""
    last = time.monotonic()

    def tell(step: str, done: int, total: int) -> None:
        nonlocal last
        now, whole = time.monotonic(), total or of
        if now - last < _EVERY_SECONDS:
            return
        last = now
        if wants_json():
            import json

            note(json.dumps({"doing": doing, "step": step, "done": done, "total": whole}))
        else:
            note(f"{doing}: {step}, {done:,}" + (f" of {whole:,}" if whole else ""))

    return tell


def passphrase_of(settings: Settings, file: Path | None) -> str:
    """Returns the passphrase in the first line of a file, else that of the settings. Raises ConfigurationError."""
    if file is None:
        return settings.backup.passphrase
    from hub.model.errors import ConfigurationError

    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
    lines = text.splitlines()
    if not lines or not lines[0].strip():
        raise ConfigurationError(f"{file} has no passphrase in its first line.")
    return lines[0].strip()


def _key_of(settings: Settings, url: str) -> tuple[str, dict[str, bytes]]:
    """Returns the check value of the hub's key, and what a passphrase would seal; the key may be lost."""
    from hub.model.errors import ConfigurationError
    from hub.secrets import hub_key
    from hub.store.backup.places import on_snapshot
    from hub.store.backup.sealing import key_check

    data = settings.hub.data
    names = ("secrets.env", "hub.toml")
    files = {name: (data / name).read_bytes() for name in names if (data / name).is_file()}
    try:
        key = hub_key(data)
    except ConfigurationError:
        if (data / "hub.key").exists() or os.environ.get("HUB_KEY"):
            raise
        note("The hub's key is missing; the backup is made without it.")
        return on_snapshot(url, _noted_check), files
    import base64

    files["hub.key"] = base64.urlsafe_b64encode(key).rstrip(b"=") + b"\n"
    return key_check(key), files


def _noted_check(conn: Connection) -> str:
    from hub.store.migrate import current_revision

    if current_revision(conn) is None:
        return ""
    return str(conn.exec_driver_sql("SELECT value FROM installation WHERE name = 'key_check'").scalar() or "")


def note_in_hub(settings: Settings, asked_at: Any, result: Result) -> int | None:
    """Notes the backup where pages and problems see it; returns its number, None where that could not be done."""
    import contextlib
    import socket

    from hub.app.data import database_url, locked, running
    from hub.cli.hub_api import HubApi
    from hub.model.errors import HubError
    from hub.store import backups

    def made(conn: Connection) -> Backup:
        now = result.verified_at or asked_at
        return backups.note_made(conn, "the command line", asked_at, socket.gethostname(), result, now)

    sqlite, reached = database_url(settings).startswith("sqlite"), running(settings.hub.data)
    try:
        if sqlite and reached is not None:
            told = HubApi(reached).ask("POST", "/backups/made", {**_plain(result), "asked_at": asked_at.isoformat()})
            return int(told["id"])
        with locked(settings.hub.data) if sqlite else contextlib.nullcontext():
            noted = _write(settings, made)
            return noted.id if noted else None
    except HubError as error:
        note(f"What came of the backup could not be noted in the hub: {error.message}")
        return None


def _write(settings: Settings, work: Callable[[Connection], Backup]) -> Backup | None:
    import asyncio

    from hub.app.data import database_url
    from hub.store.migrate import is_current
    from hub.store.session import open_database

    async def run() -> Backup | None:
        database = open_database(database_url(settings))
        try:
            await database.open()
            if not await database.read(lambda conn, _: is_current(conn), None):
                return None
            return await database.write(lambda conn, _: work(conn), None)
        finally:
            await database.close()

    return asyncio.run(run())


def _plain(result: Result) -> dict[str, Any]:
    from dataclasses import asdict

    told = asdict(result)
    told["verified_at"] = result.verified_at.isoformat() if result.verified_at else None
    return told
