"""Warming up: a new sender's promotions grow from day to day, so that mail providers learn to trust it.

Google and Yahoo ask senders to raise their volume slowly ("Email sender guidelines", "Sender best practices", 2024).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from hub.model.errors import ConfigurationError
from hub.model.local_time import zone
from hub.model.outbound import Purpose, State
from hub.store.ids import interaction_id
from hub.store.tables import InteractionRow, MessageRow

FIRST, GROWTH = 50, 1.5
# From so many a day on nobody counts any more.
_WARM = 20_000
_LEFT = (State.ACCEPTED.value, State.UNKNOWN.value)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """From a day on `first` promotions, each day `growth` times as many as the day before."""

    since: date
    first: int = FIRST
    growth: float = GROWTH

    def most(self, day: date) -> int | None:
        """Returns how many may go out on a day; None once the sender is warm. Before its first day none may."""
        days = (day - self.since).days
        if days < 0:
            return 0
        many = self.first * self.growth ** min(days, 400)
        return None if many >= _WARM else int(many)


@dataclass(frozen=True, slots=True, kw_only=True)
class Warming:
    """What a channel has sent since midnight, the most it may send today, and when the next day begins."""

    sent: int
    most: int
    until: datetime


def warm_up_of(name: str, own: Mapping[str, object]) -> WarmUp | None:
    """Returns the warm-up of a channel by `warm_up_from`, `_first` and `_growth`. Raises ConfigurationError."""
    since = own.get("warm_up_from")
    if not since:
        return None
    try:
        begins = since if isinstance(since, date) else date.fromisoformat(str(since))
    except ValueError:
        raise ConfigurationError(
            f"Channel {name}: warm_up_from is no date: {since!r}.", next_step="Write it as 2026-11-23."
        ) from None
    first, growth = own.get("warm_up_first", FIRST), own.get("warm_up_growth", GROWTH)
    if isinstance(first, bool) or not isinstance(first, int) or first < 1:
        raise ConfigurationError(f"Channel {name}: warm_up_first must be a number from 1.")
    if isinstance(growth, bool) or not isinstance(growth, int | float) or not 1 <= growth <= 3:
        raise ConfigurationError(f"Channel {name}: warm_up_growth must be a number from 1 to 3.")
    return WarmUp(begins, first, float(growth))


def warming(
    conn: Connection, lanes: Mapping[str, Any], channels: Sequence[str], now: datetime, time_zone: str
) -> dict[str, Warming]:
    """Returns how far those channels are that warm up; the day is the business's own, what is on its way counts."""
    local = now.astimezone(zone(time_zone))
    ceilings = {
        name: most
        for name in channels
        if name in lanes
        and lanes[name].warm_up is not None
        and (most := lanes[name].warm_up.most(local.date())) is not None
    }
    if not ceilings:
        return {}
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    promotions = (MessageRow.channel.in_(sorted(ceilings)), MessageRow.purpose == Purpose.PROMOTIONAL.value)
    left = (
        select(MessageRow.channel, func.count().label("many"))
        .join(InteractionRow, InteractionRow.id == MessageRow.interaction_id)
        .where(
            InteractionRow.id >= interaction_id(midnight) >> 20 << 20,
            InteractionRow.direction == "out",
            MessageRow.state.in_(_LEFT),
            *promotions,
        )
        .group_by(MessageRow.channel)
    )
    leaving = (
        select(MessageRow.channel, func.count().label("many"))
        .where(MessageRow.state == State.SUBMITTING.value, *promotions)
        .group_by(MessageRow.channel)
    )
    sent: dict[str, int] = {}
    for row in (*conn.execute(left), *conn.execute(leaving)):
        sent[row.channel] = sent.get(row.channel, 0) + int(row.many)
    return {
        name: Warming(sent=sent.get(name, 0), most=most, until=midnight + timedelta(days=1))
        for name, most in ceilings.items()
    }
