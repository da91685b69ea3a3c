"""When the last message leaves: the channel's speed, the hours of the recipients, the days of a warm-up; pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from hub.model.local_time import local_instant, zone
from hub.outreach.quiet_hours import Window, closed, closing, next_opening
from hub.outreach.warming import WarmUp

# What a provider takes to answer, where nobody has said how fast a channel may go (lane_settings.AT_ONCE).
ANSWER_SECONDS = 0.05
_A_DAY = timedelta(days=1)
_QUARTER_SECONDS = 900
# A plan that is not through after so many steps ends in a later year.
_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Group:
    """Messages that may leave from a moment on, are too late from another on, and keep to the same hours."""

    ready_at: datetime
    expires_at: datetime
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What a channel can do: parts a second, promotions a day while it warms up; `zone`: the business's clock."""

    per_second: float
    zone: str
    warm_up: WarmUp | None = None
    sent_today: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """When the last message leaves, None where none does; `too_late`: how many are too late when their turn comes."""

    at: datetime | None
    too_late: int = 0


def finish(groups: Iterable[tuple[Group, int, int]], way: Way) -> Finish:
    """Returns when (group, messages, parts) are through, in the order in which they may leave."""
    waiting = [(group.ready_at, number, group, many, parts / many) for number, (group, many, parts) in
               enumerate(groups) if many]  # fmt: skip
    heapq.heapify(waiting)
    if not waiting:
        return Finish(at=None)
    now, last, too_late = waiting[0][0], None, 0
    left_today = _today(way, now, way.sent_today)
    day = now.astimezone(zone(way.zone)).date()
    for _step in range(_MOST_STEPS):
        if not waiting:
            break
        ready_at, number, group, many, parts = heapq.heappop(waiting)
        now = max(now, ready_at)
        if (today := now.astimezone(zone(way.zone)).date()) != day:
            day, left_today = today, _today(way, now, 0)
        if now >= group.expires_at:
            too_late += many
            continue
        again = _not_before(group, now, way, left_today)
        if again is None:
            ends = min(filter(None, (group.expires_at, closing(group.windows, now))))
            room = math.floor((ends - now).total_seconds() * way.per_second / parts)
            go = min(many, room) if left_today is None else min(many, room, left_today)
            # Where not one is left before the hours close, they go on when these open again.
            again = now + timedelta(seconds=go * parts / way.per_second) if go else ends
            if go:
                last, many = again, many - go
                now = again
                left_today = None if left_today is None else left_today - go
        if many:
            heapq.heappush(waiting, (max(again, now), number, group, many, parts))
    return Finish(at=last, too_late=too_late)


def _not_before(group: Group, now: datetime, way: Way, left_today: int | None) -> datetime | None:
    """Returns when to look at a group again, None where it may leave now."""
    if left_today is not None and left_today <= 0:
        tomorrow = now.astimezone(zone(way.zone)).date() + _A_DAY
        return local_instant(datetime.combine(tomorrow, time()), zone(way.zone))
    if group.windows and closed(group.windows, now) is not None:
        quarter = math.ceil(now.timestamp() / _QUARTER_SECONDS) * _QUARTER_SECONDS
        return _opening(group.windows, quarter) or group.expires_at
    return None


@lru_cache(maxsize=4_096)
def _opening(windows: tuple[Window, ...], quarter: int) -> datetime | None:
    """Hours open on quarters of an hour, and many groups keep to the same ones."""
    return next_opening(windows, datetime.fromtimestamp(quarter, UTC))


def _today(way: Way, now: datetime, sent: int) -> int | None:
    most = way.warm_up.most(now.astimezone(zone(way.zone)).date()) if way.warm_up else None
    return None if most is None else max(0, most - sent)
