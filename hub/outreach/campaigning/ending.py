"""What a flight plan counts on the way for its last two questions: what it costs, and when its last message leaves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub.model.outbound import State
from hub.outreach.campaigning.choosing import Lot
from hub.outreach.campaigning.costing import costs_of
from hub.outreach.campaigning.finishing import ANSWER_SECONDS, Group, Way, finish
from hub.outreach.campaigning.flight_told import FlightPlan
from hub.outreach.house import Lane
from hub.outreach.seen import Seen
from hub.outreach.seen_values import Refusal
from hub.store import list_prices
from hub.store.list_prices import Prices

# A mail costs nothing by the piece.
_PAID = ("tel", "whatsapp")
# Whoever waits for these will get it later than the plan can say, or not at all.
_WAITS = (State.HELD, State.READY, State.PLANNED)


@dataclass(slots=True, kw_only=True)
class Ending:
    """What a channel costs and how fast it goes; and what was counted for both."""

    prices: Prices | None
    per_second: float
    zone: str
    lane: Lane
    sent_today: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    groups: dict[Group, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, conn: Connection, lane: Lane, zone: str) -> Ending:
        """Returns what to begin with for a channel."""
        prices = None
        if any(scheme in _PAID for scheme in lane.schemes):
            prices = list_prices.of_channel(conn, lane.name, lane.price_per_part, lane.price_currency)
        return cls(prices=prices, per_second=speed_of(lane), zone=zone, lane=lane)

    def count(self, lot: Lot, seen: Seen, refusal: Refusal | None, parts: int, messages: int = 1) -> None:
        """Counts messages of so many parts each that can be written, as they stand with the gates when they are due."""
        if refusal is not None and refusal.state not in _WAITS:
            return
        if self.prices is not None:
            self.messages[seen.country] += messages
            self.parts[seen.country] += parts * messages
        if lot.due_at is None or lot.expires_at is None:
            return
        if seen.warming is not None:
            self.sent_today = seen.warming.sent
        group = Group(lot.due_at, lot.expires_at, seen.windows)
        many = self.groups.setdefault(group, [0, 0])
        many[0] += messages
        many[1] += parts * messages

    def tell(self, plan: FlightPlan) -> None:
        """Adds to a plan what came of it; the plan's end is that of its last channel, its speed that of its first."""
        if self.prices is not None:
            plan.costs = [*plan.costs, *costs_of(self.messages, self.parts, self.prices)]
        way = Way(per_second=self.per_second, zone=self.zone, warm_up=self.lane.warm_up, sent_today=self.sent_today)
        ended = finish([(group, many, parts) for group, (many, parts) in self.groups.items()], way)
        plan.ends_at = max(filter(None, (plan.ends_at, ended.at)), default=None)
        plan.too_late += ended.too_late
        plan.per_second = plan.per_second or round(self.per_second, 2)


def speed_of(lane: Lane) -> float:
    """Returns how many parts a second a channel lets through: its own limit, or so many at once as it may have."""
    at_once = lane.at_once / ANSWER_SECONDS
    return min(at_once, lane.per_second) if lane.per_second else at_once
