"""Forged requests in volume: only their number is known, so it is compared with what it was a while ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.insight.finders import found
from hub.store.problems import Found

_WITHIN = timedelta(minutes=15)
_MANY = 20


class Forged:
    """Remembers the counts of the last quarter of an hour, of this process's looks."""

    def __init__(self) -> None:
        self._seen: deque[tuple[datetime, dict[str, int]]] = deque()

    def many(self, now: datetime, counted: Mapping[str, int]) -> list[Found]:
        """Returns channels to which many forged requests came lately; `counted`: how many ever."""
        self._seen.append((now, dict(counted)))
        while now - self._seen[0][0] > _WITHIN:
            self._seen.popleft()
        since, before = self._seen[0]
        minutes = max(1, round((now - since).total_seconds() / 60))
        grown = {channel: count - before.get(channel, 0) for channel, count in counted.items()}
        return [
            found("hooks_forged", channel, count=count, minutes=minutes)
            for channel, count in sorted(grown.items())
            if count >= _MANY
        ]
