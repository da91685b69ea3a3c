"""Deadlines: how long requests may wait, by one look at all that do now and then, not by a timer for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")
_LOOK_SECONDS = 1.0


class Deadlines:
    """Bounds what requests wait for. A timer made and taken back takes a hook longer than its signature."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._every = min(_LOOK_SECONDS, seconds / 4)
        self._waiting: dict[asyncio.Timeout, float] = {}
        self._watch: asyncio.TimerHandle | None = None

    async def wait(self, work: Awaitable[T]) -> T:
        """Returns what the work returns. Raises TimeoutError after the seconds, or up to a second later."""
        loop = asyncio.get_running_loop()
        if self._watch is None:
            self._watch = loop.call_later(self._every, self._look, loop)
        async with asyncio.timeout(None) as deadline:
            self._waiting[deadline] = loop.time()
            try:
                return await work
            finally:
                self._waiting.pop(deadline, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline in [each for each, began in self._waiting.items() if now - began >= self._seconds]:
            del self._waiting[deadline]
            deadline.reschedule(now)
        self._watch = loop.call_later(self._every, self._look, loop) if self._waiting else None
