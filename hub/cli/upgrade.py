"""`hub upgrade`: a backup, a rehearsal on a copy of it, and only then the change of the schema itself."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.backup import PassphraseFile, make_one, note_in_hub, passphrase_of, teller
from hub.cli.frame import PROBLEMS_FOUND, emit, note, say, wants_json
from hub.cli.setting import Config, Data, settings_of

if TYPE_CHECKING:
    from hub.app.rehearsal import Rehearsal
    from hub.config import Settings


def register(app: typer.Typer) -> None:
    """Adds `upgrade`."""
    app.command()(upgrade)


def upgrade(
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Only try it on a copy; the hub may run meanwhile.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Bring the database to this version: back it up, try the change on a copy, then do it."""
    settings = settings_of(config, data=data)
    from dataclasses import replace
    from datetime import UTC, datetime

    from hub.app import standing
    from hub.app.backing_up import backup_folder
    from hub.app.data import database_url, locked
    from hub.model.errors import ConfigurationError
    from hub.store.migrate import migrate, newest_revision

    sqlite, newest = database_url(settings).startswith("sqlite"), newest_revision()
    with contextlib.ExitStack() as held:
        if sqlite and not rehearse:
            held.enter_context(locked(settings.hub.data))
        found = asyncio.run(standing.check(settings))
        if found.revision is None:
            raise ConfigurationError("There is no hub in this database yet.", next_step="Run: hub init")
        if found.revision == newest and not rehearse:
            _answer({"schema": newest, "changed": False}, f"The database has the newest schema, {newest}, already.")
            return
        now = datetime.now(UTC).replace(microsecond=0)
        file = backup_folder(settings) / f"before-upgrade-{newest}-{now:%Y%m%dT%H%M%SZ}.tar"
        result = make_one(settings, file, now, passphrase_of(settings, passphrase_file), verify=False)
        rehearsal = _rehearse(settings, file)
        _tell(rehearsal, newest, file)
        if rehearsal.problems:
            raise typer.Exit(PROBLEMS_FOUND)
        if rehearse:
            # It was restored and compared: it counts like any other.
            note_in_hub(settings, now, replace(result, verified_at=datetime.now(UTC).replace(microsecond=0)))
            return
        note("The rehearsal went well; now the database itself")
        asyncio.run(migrate(database_url(settings)))
        say(f"The database has schema {newest} now. The backup of before is kept: {file}")


def _rehearse(settings: Settings, file: Path) -> Rehearsal:
    from hub.app import rehearsal
    from hub.app.data import database_url
    from hub.model.errors import ConfigurationError
    from hub.secrets import hub_key

    scratch, url = file.with_name(f".{file.name}.trial.sqlite3"), database_url(settings)
    try:
        master = hub_key(settings.hub.data)
    except ConfigurationError:
        master = secrets.token_bytes(32)
    try:
        done, customers = rehearsal.rehearse_copy(file, scratch, teller("Rehearsing"))
        note("Looking at pages of the copy")
        pages = asyncio.run(rehearsal.look(settings, scratch, master, customers))
        elsewhere = {}
        if not url.startswith("sqlite"):
            elsewhere = rehearsal.rehearse_in_postgres(url, file, teller("Rehearsing on PostgreSQL"))
        return rehearsal.seen(done, pages, elsewhere)
    finally:
        rehearsal.forget(scratch)


def _tell(rehearsal: Rehearsal, newest: str, file: Path) -> None:
    rows = sum(was for was, _ in rehearsal.tables.values())
    if wants_json():
        emit(
            {
                "from": rehearsal.before,
                "to": newest,
                "rows": rows,
                "tables": len(rehearsal.tables),
                "pages": [seen.path for seen in rehearsal.pages],
                "on_postgresql": bool(rehearsal.elsewhere),
                "problems": rehearsal.problems,
                "backup": str(file),
            }
        )
        return
    say(f"From schema {rehearsal.before} to {newest}, on a copy: {rows:,} rows in {len(rehearsal.tables)} tables")
    if rehearsal.elsewhere:
        say("The same within a scratch schema of the PostgreSQL server")
    for seen in rehearsal.pages:
        say(f"  {seen.path}  {seen.problem or 'as it should be'}")
    for problem in rehearsal.problems:
        say(f"  Not as before: {problem}")
    say("All came through." if not rehearsal.problems else "The hub itself was not changed.")
    say(f"The backup is kept: {file}")


def _answer(record: dict[str, Any], words: str) -> None:
    if wants_json():
        emit(record)
    else:
        say(words)
