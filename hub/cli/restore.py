"""`hub restore`: a backup back into an empty hub, on either engine; nothing counts before it was compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.backup import DatabaseUrl, passphrase_of, teller
from hub.cli.frame import emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.config import Settings
    from hub.store.backup.loading import Loaded
    from hub.store.backup.restoring import Restored

RestorePassphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file whose first line opens the key in the backup.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Adds `restore`."""
    app.command()(restore)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    check: Annotated[bool, typer.Option("--check", help="Only restore it on trial; change nothing.")] = False,
    over: Annotated[
        bool, typer.Option("--over-what-is-there", help="Even where a hub is: that one is kept aside.")
    ] = False,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Even where the key is lost: stored secrets are lost with it.")
    ] = False,
    passphrase_file: RestorePassphrase = None,
    config: Config = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    for_the_hub: Annotated[bool, typer.Option("--for-the-hub", hidden=True)] = False,
) -> None:
    """Bring a backup back into an empty hub, SQLite or PostgreSQL."""
    settings = settings_of(config, data=data, database_url=database_url)
    if check:
        from hub.store.backup.restoring import try_out

        folder = file.absolute().parent
        loaded = try_out(file, folder / f".{file.name}.trial.sqlite3", teller("Restoring on trial"))
        _tell_check(file, loaded)
        return
    from datetime import UTC, datetime

    now = datetime.now(UTC).replace(microsecond=0)
    passphrase = passphrase_of(settings, passphrase_file)
    restored = run(settings, file, passphrase, now, over=over, without_key=without_key, beside_hubs=for_the_hub)
    _tell(settings, restored)


def run(
    settings: Settings,
    file: Path,
    passphrase: str,
    now: datetime,
    *,
    over: bool = False,
    without_key: bool = False,
    beside_hubs: bool = False,
) -> Restored:
    """Restores a backup into the database and the folder that the settings name. Raises HubError."""
    import contextlib

    from hub.app import standing
    from hub.app.data import database_url, locked, prepare
    from hub.store.backup.found_key import find_key
    from hub.store.backup.restoring import Restoring, restore
    from hub.store.backup.sealing import key_check
    from hub.store.blobs import FileBlobs
    from hub.store.keys import Keys

    folder, url = settings.hub.data, database_url(settings)
    prepare(folder)
    with locked(folder) if url.startswith("sqlite") and not beside_hubs else contextlib.nullcontext():
        key = find_key(folder, file, passphrase, os.environ, lost=without_key)
        restoring = Restoring(
            archive=file,
            url=url,
            blobs=FileBlobs(folder / "blobs"),
            now=now,
            key_check=key_check(key.master),
            keep_secrets=not key.is_new,
            over=over,
            beside_hubs=beside_hubs,
            note=lambda conn: _note(conn, Keys.of(key.master), now, file),
        )
        key.lay_beside()
        standing.mark(folder, "")
        restored = restore(restoring, teller("Restoring"))
        key.put_in_place(now)
        standing.mark(folder, str(restored.about["installation"]))
    return restored


def _note(conn: Connection, keys: Any, now: datetime, file: Path) -> None:
    from hub.store import audit

    by = audit.Actor(name="the command line", at=now, key=keys.audit)
    audit.note(conn, by, "hub.restored", "installation", {"file": file.name})


def _tell_check(file: Path, loaded: Loaded) -> None:
    if wants_json():
        emit({"file": str(file), "rows": loaded.rows, "blobs": loaded.blobs, "missing": list(loaded.missing)})
        return
    say(f"{file} can be restored: {loaded.rows:,} rows, {loaded.blobs:,} stored files; counts and digests agree.")
    if loaded.missing:
        say(f"{len(loaded.missing):,} stored files were missing already when it was made.")


def _tell(settings: Settings, restored: Restored) -> None:
    loaded, about = restored.loaded, restored.about
    if wants_json():
        told = {"rows": loaded.rows, "blobs": loaded.blobs, "missing": list(loaded.missing), "aside": restored.aside}
        emit({**told, "made_at": about["made_at"], "data": str(settings.hub.data)})
        return
    say(f"Restored as of {about['made_at']}: {loaded.rows:,} rows, {loaded.blobs:,} stored files, all compared.")
    if loaded.missing:
        say(f"{len(loaded.missing):,} stored files were missing already when it was made.")
    if restored.aside:
        say(f"What was there before is kept in {restored.aside}.")
    say("Promotions are held until an administrator releases them; everybody signs in anew. Start it with: hub serve")
    note("Look at staff and API tokens: who was removed after the backup was made is there again.")
