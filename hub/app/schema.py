"""The schema of the database at hand: brought up to date only where database and folder belong together."""

from __future__ import annotations

from collections.abc import Callable

from hub.app import standing
from hub.app.backing_up import keep_before_upgrade
from hub.app.data import database_url
from hub.config import Settings
from hub.store.migrate import migrate, newest_revision


async def bring_up_to_date(settings: Settings, say: Callable[[str], None]) -> bool:
    """Migrates the database, a backup of a SQLite one kept before; returns whether anything changed.

    Raises ConfigurationError where an empty database lies beside an old folder, or another hub's; and Unavailable.
    """
    found = await standing.check(settings)
    if found.revision is not None and found.revision < newest_revision():
        await keep_before_upgrade(settings, found, say)
    return await migrate(database_url(settings))
