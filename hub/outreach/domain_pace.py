"""Mail to one domain: so many at a time and so many a second, however many wait for it.

Mail providers put off senders that open many connections at once (421, 4.7.0); mail to others need not wait for that.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from hub.model.errors import ConfigurationError
from hub.model.identity import Identity

_MOST_KNOWN = 4096


class DomainPace:
    """Who may go to which domain now; without limits everybody may."""

    def __init__(self, at_once: int | None = None, per_second: float | None = None) -> None:
        self._at_once, self._per_second = at_once, per_second
        self._going: Counter[str] = Counter()
        self._free_at: dict[str, float] = {}

    @property
    def is_limitless(self) -> bool:
        """Whether everybody may go at any time."""
        return self._at_once is None and self._per_second is None

    def next_of(self, waiting: deque[Any]) -> Any | None:
        """Takes out the first (message, ...) that may go now; None where all go to domains that have enough of us."""
        if self._at_once is None:
            return waiting.popleft() if waiting else None
        for at, item in enumerate(waiting):
            if not (domain := _domain(item[0].to)) or self._going[domain] < self._at_once:
                del waiting[at]
                return item
        return None

    def enter(self, to: Identity) -> None:
        """Counts one more on its way to a domain."""
        domain = _domain(to)
        if self._at_once and domain:
            self._going[domain] += 1

    def leave(self, to: Identity) -> None:
        """Counts one less."""
        domain = _domain(to)
        if self._at_once and domain:
            self._going[domain] -= 1
            if not self._going[domain]:
                del self._going[domain]

    async def wait(self, to: Identity) -> None:
        """Waits for the turn of an address within its domain's pace."""
        domain = _domain(to)
        if self._per_second is None or not domain:
            return
        now = asyncio.get_running_loop().time()
        if len(self._free_at) >= _MOST_KNOWN:
            self._free_at = {other: at for other, at in self._free_at.items() if at > now}
        turn = max(now, self._free_at.get(domain, 0.0))
        self._free_at[domain] = turn + 1 / self._per_second
        if turn > now:
            await asyncio.sleep(turn - now)


def pace_of(name: str, own: Mapping[str, object]) -> DomainPace:
    """Returns the pace of a channel by `domain_at_once` and `domain_per_second`. Raises ConfigurationError."""
    at_once, per_second = own.get("domain_at_once"), own.get("domain_per_second")
    if at_once is not None and (isinstance(at_once, bool) or not isinstance(at_once, int) or at_once < 1):
        raise ConfigurationError(f'Channel "{name}": domain_at_once must be a number from 1.')
    if per_second is None:
        return DomainPace(at_once)
    if isinstance(per_second, bool) or not isinstance(per_second, int | float) or not per_second > 0:
        raise ConfigurationError(f'Channel "{name}": domain_per_second must be a number above 0.')
    return DomainPace(at_once, float(per_second))


def _domain(to: Identity) -> str:
    return to.value.rpartition("@")[2].lower() if to.scheme == "mailto" else ""
