"""Pace: at most so many parts of messages a second leave by a lane."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """At most so many parts a second, None for any number."""

    per_second: float | None
    _free_at: float = 0.0

    async def wait(self, parts: int) -> None:
        """Waits for the turn of a message of so many parts."""
        if self.per_second is None:
            return
        now = asyncio.get_running_loop().time()
        turn = max(now, self._free_at)
        self._free_at = turn + max(1, parts) / self.per_second
        if turn > now:
            await asyncio.sleep(turn - now)
