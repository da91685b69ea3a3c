"""Setting up: the folder, the key, the schema and what a new hub starts with. Safe to run at every start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.app.data import database_url, prepare
from hub.config import Settings, shipped
from hub.desk import forms
from hub.outreach import starter
from hub.secrets import create_hub_key, hub_key
from hub.store.keys import Keys
from hub.store.migrate import migrate
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
    prepare(settings.hub.data)
    if not (settings.hub.data / "hub.key").exists():
        say("Making the hub's key")
    create_hub_key(settings.hub.data)
    hub_key(settings.hub.data)
    say("Bringing the database up to date")
    return await migrate(database_url(settings))


async def furnish(database: Database, keys: Keys, now: datetime) -> str | None:
    """Applies what a new hub starts with, where there is none; returns the first administrator's sign-in token."""
    return await database.write(_furnish, (keys, now))


def _furnish(conn: Connection, given: tuple[Keys, datetime]) -> str | None:
    keys, now = given
    starter.apply(conn, shipped, now)
    forms.load_starter(conn, shipped("config", "starter", "forms"), now)
    return ensure_first_admin(conn, keys, now)
