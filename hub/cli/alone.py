"""A command that works on the database itself, because no hub runs here that could do it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.app import Hub, opened
from hub.app.data import locked, prepare
from hub.app.schema import bring_up_to_date
from hub.cli.frame import note
from hub.config import Settings
from hub.model.errors import ConfigurationError


@asynccontextmanager
async def alone(settings: Settings, *, with_channels: bool = False) -> AsyncIterator[Hub]:
    """Opens the hub, without its channels unless told, holding the folder's lock where it is SQLite's.

    Raises ConfigurationError where there is no database yet, or another hub holds it.
    """
    prepare(settings.hub.data)
    with contextlib.ExitStack() as held:
        if not settings.hub.database_url:
            if not (settings.hub.data / "hub.sqlite3").exists():
                raise ConfigurationError(f"There is no database in {settings.hub.data}.", next_step="Run: hub init")
            held.enter_context(locked(settings.hub.data))
        await bring_up_to_date(settings, note)
        async with opened(settings, with_channels=with_channels) as hub:
            yield hub
