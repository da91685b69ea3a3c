"""How many messages the sandbox took over that would have gone out, for the banner on every page."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime

from sqlalchemy import Connection

from hub.app.hub import Hub
from hub.model.errors import HubError
from hub.store import switching

log = logging.getLogger(__name__)
MOST = 100_000
_LEAST_REST_SECONDS = 3.0
# On a large hub counting takes a while: it may take a twentieth of the time.
_REST_BY_WORK = 20
_LONGEST_REST_SECONDS = 60.0


class WouldHaveSent:
    """The count, kept up to date in the background: a page only reads it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.count = 0

    async def run(self) -> None:
        """Counts again and again."""
        names = [name for name, section in self._hub.settings.channels.items() if section.mode == "sandbox"]
        while names:
            started = time.perf_counter()
            try:
                self.count = await self._hub.database.read(_count, names)
            except HubError as error:
                log.debug("what the sandbox took over is counted later: %s", error.message)
            except Exception:
                log.exception("what the sandbox took over could not be counted")
            rest = max(_LEAST_REST_SECONDS, _REST_BY_WORK * (time.perf_counter() - started))
            await asyncio.sleep(min(rest, _LONGEST_REST_SECONDS))


def _count(conn: Connection, names: list[str]) -> int:
    since: dict[str, datetime | None] = {name: switching.sandboxed_since(conn, name) for name in names}
    return switching.would_have_sent(conn, since, MOST)
