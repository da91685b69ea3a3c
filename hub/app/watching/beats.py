"""Beats: work that a process repeats for itself shows on the page that it runs, and how it ended."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.model.errors import HubError
from hub.store.leases import note_run
from hub.store.session import Database

log = logging.getLogger(__name__)

# Work that is done twice a second need not say so each time.
_SELDOM = timedelta(seconds=30)


@dataclass(slots=True)
class Beat:
    """Does the work and notes that it ran, at most every 30 s unless it began or ceased to fail."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[int]]
    database: Database
    clock: Callable[[], datetime]
    noted_at: datetime | None = None
    failure: str = ""

    async def __call__(self) -> int:
        """Returns what the work returns. Raises what it raises."""
        try:
            done = await self.work()
        except HubError as error:
            await self._note(error.message)
            raise
        except Exception as error:
            await self._note(f"{type(error).__name__}: {error}")
            raise
        await self._note("")
        return done

    async def _note(self, failure: str) -> None:
        now = self.clock()
        if self.noted_at is not None and failure == self.failure and now - self.noted_at < _SELDOM:
            return
        due = max(self.every, _SELDOM)
        try:
            await self.database.write(lambda conn, said: note_run(conn, self.name, now, due, said), failure)
        except HubError as error:
            log.warning("%s ran, which could not be noted: %s", self.name, error.message)
            return
        self.noted_at, self.failure = now, failure
