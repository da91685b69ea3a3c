"""Setting up: the folder, the key, the schema and what a new hub starts with. Safe to run at every start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.app import standing
from hub.app.data import prepare
from hub.app.schema import bring_up_to_date
from hub.config import Settings, shipped
from hub.desk import configuration
from hub.secrets import create_hub_key, hub_key
from hub.store.keys import Keys
from hub.store.migrate import MIGRATION_LOCK
from hub.store.session import Database
from hub.web.auth import ensure_first_admin

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Start:
    """What a start found: `sign_in` is the first administrator's one-time token, as long as nobody used it."""

    changed: bool
    sign_in: str | None


async def set_up(settings: Settings, say: Say) -> bool:
    """Makes the folder and the key and brings the schema up to date; returns whether the schema changed.

    Raises ConfigurationError and Unavailable.
    """
    data = settings.hub.data
    prepare(data)
    if (data / "hub.key").exists():
        hub_key(data)
    say("Bringing the database up to date")
    changed = await bring_up_to_date(settings, say)
    # After the database: a key without one would be taken for what is left of an older hub.
    if not (data / "hub.key").exists():
        say("Making the hub's key")
    create_hub_key(data)
    hub_key(data)
    await standing.remember(settings)
    return changed


async def furnish(database: Database, keys: Keys, now: datetime, language: str) -> str | None:
    """Applies what a new hub starts with, where there is none; returns the first administrator's sign-in token."""
    return await database.write(_furnish, (keys, now, language))


def _furnish(conn: Connection, given: tuple[Keys, datetime, str]) -> str | None:
    keys, now, language = given
    files = configuration.starter_files(shipped)
    if not configuration.is_furnished(conn, files):
        if conn.dialect.name == "postgresql":
            conn.execute(MIGRATION_LOCK)  # another process may be furnishing the same new hub
        from hub.web.configuration import kinds  # every kind of thing that travels: for the first start alone

        configuration.furnish(conn, kinds(language, shipped=True), files, now)
    return ensure_first_admin(conn, keys, now)
