"""Do this folder and this database belong together? A start that would begin anew beside an old life is refused.

umami #4445 lost eight months so: the database's address changed, and an empty one was set up without a word.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from hub.app.data import database_url
from hub.config import Settings
from hub.model.errors import ConfigurationError
from hub.secrets import hub_key
from hub.store.backup.places import sqlite_file
from hub.store.backup.restoring import is_occupied
from hub.store.backup.sealing import key_check
from hub.store.migrate import current_revision
from hub.store.session import open_database
from hub.store.tables import InstallationRow
from hub.store.upsert import insert_new

_MARK = "installation.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a database is: without `revision` it is empty; `occupied` is somebody's, with staff or customers."""

    revision: str | None = None
    installation: str = ""
    key_check: str = ""
    occupied: bool = False


async def look(settings: Settings) -> Standing:
    """Returns what the database is, changing nothing; one that is not there yet is empty. Raises Unavailable."""
    url = database_url(settings)
    if url.startswith("sqlite") and not sqlite_file(url).exists():
        return Standing()
    database = open_database(url)
    try:
        await database.open()
        return await database.read(_look, None)
    finally:
        await database.close()


async def check(settings: Settings, environment: Mapping[str, str] = os.environ) -> Standing:
    """Returns what the database is. Raises ConfigurationError when it does not belong to this folder and its key."""
    folder = settings.hub.data
    # The folder is looked at first: a process that starts at the same time makes the database before the folder.
    left, remembered, keyed = _left(settings), _remembered(folder), _has_key(folder, environment)
    standing = await look(settings)
    where = _named(settings)
    if standing.revision is None and left:
        raise ConfigurationError(
            f"The database {where} is empty, but the data folder {folder} is not new: {left}. Nothing was done.",
            next_step="Name the database of that hub, or restore a backup into this one (hub restore FILE);"
            " a new hub needs a new folder (--data).",
        )
    if standing.occupied and remembered and remembered != standing.installation:
        raise ConfigurationError(
            f"The data folder {folder} belongs to another hub than the database {where}"
            f" (installation {remembered}, there {standing.installation}). Nothing was done.",
            next_step=f"Name the folder or the database of the same hub; if they do belong together, remove"
            f" {folder / _MARK}.",
        )
    if standing.occupied and not keyed:
        raise ConfigurationError(
            f"The key of the hub in {where} is missing: neither HUB_KEY nor {folder / 'hub.key'} is there.",
            next_step="Put it back. If it is lost for good: hub backup, then hub restore --without-key.",
        )
    if standing.occupied and standing.key_check:
        _check_key(folder, environment, standing.key_check)
    return standing


async def remember(settings: Settings) -> None:
    """Notes in the folder whose it is, and in the database which key is its own, where that is not noted yet."""
    told = key_check(hub_key(settings.hub.data))
    database = open_database(database_url(settings))
    try:
        await database.open()
        standing = await database.read(_look, None)
        if not standing.key_check or (standing.key_check != told and not standing.occupied):
            await database.write(_note_key, told)
    finally:
        await database.close()
    mark(settings.hub.data, standing.installation)


def mark(folder: Path, installation: str) -> None:
    """Notes in a data folder which installation it belongs to; an empty text forgets it."""
    if not installation:
        (folder / _MARK).unlink(missing_ok=True)
    elif _remembered(folder) != installation:
        aside = folder / f"{_MARK}.{os.getpid()}"
        aside.write_text(json.dumps({"installation": installation}) + "\n")
        aside.replace(folder / _MARK)


def _look(conn: Connection, _: None) -> Standing:
    revision = current_revision(conn)
    if revision is None:
        return Standing()
    rows = conn.execute(select(InstallationRow.name, InstallationRow.value))
    kept: dict[str, str] = {row.name: row.value for row in rows}
    return Standing(
        revision=revision,
        installation=kept.get("id", ""),
        key_check=kept.get("key_check", ""),
        occupied=is_occupied(conn),
    )


def _note_key(conn: Connection, told: str) -> None:
    if not insert_new(conn, InstallationRow, [{"name": "key_check", "value": told}]):
        conn.execute(InstallationRow.__table__.update().where(InstallationRow.name == "key_check").values(value=told))


def _check_key(folder: Path, environment: Mapping[str, str], expected: str) -> None:
    if key_check(hub_key(folder, environment)) == expected:
        return
    # A restore that was killed between the database and the key leaves the right one beside the other.
    for other in sorted(folder.glob("hub.key.*")) if not environment.get("HUB_KEY") else ():
        if key_check(hub_key(folder, {"HUB_KEY": other.read_text()})) == expected:
            other.replace(folder / "hub.key")
            return
    used = "HUB_KEY" if environment.get("HUB_KEY") else str(folder / "hub.key")
    raise ConfigurationError(
        f"The key in {used} is not the one that this database was set up with. Nothing was done.",
        next_step="Put that one back; it came with the data folder or the backup of this hub.",
    )


def _left(settings: Settings) -> str:
    """Returns what of an old life lies in a data folder, in words, or an empty text."""
    folder = settings.hub.data
    found = {
        # Where it is the database itself, it is the empty one: a first start that was killed leaves it so.
        **({"hub.sqlite3": "a database"} if settings.hub.database_url else {}),
        "hub.key": "the key of a hub",
        "blobs/??": "stored files",
        "backups/*.tar": "backups",
        _MARK: "the mark of an installation",
    }
    return ", ".join(word for pattern, word in found.items() if any(folder.glob(pattern)))


def _remembered(folder: Path) -> str:
    try:
        return str(json.loads((folder / _MARK).read_text())["installation"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


def _has_key(folder: Path, environment: Mapping[str, str]) -> bool:
    return bool(environment.get("HUB_KEY")) or (folder / "hub.key").exists()


def _named(settings: Settings) -> str:
    """Names the database without its password."""
    url = database_url(settings)
    if url.startswith("sqlite"):
        return str(sqlite_file(url))
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest.rpartition('@')[2]}"
