"""What holds for texts alone: WhatsApp's session of 24 hours, and what a channel may spend a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, case, func, select

from hub.model.local_time import zone
from hub.model.outbound import State
from hub.store.ids import interaction_id, moment_of
from hub.store.prices import amount_of
from hub.store.tables import InteractionRow, MessagePriceRow, MessageRow

# WhatsApp: free-form messages only within 24 hours of the customer's last one
# (https://www.twilio.com/docs/whatsapp/key-concepts#the-24-hour-or-customer-service-window).
SESSION = timedelta(hours=24)
_LEFT = (State.ACCEPTED.value, State.UNKNOWN.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a channel's texts have cost since midnight, what they may cost a day, and when the next day begins."""

    spent: Decimal
    most: Decimal
    until: datetime


def last_heard(conn: Connection, identities: Iterable[int]) -> dict[int, datetime]:
    """Returns when each of these identities last wrote by WhatsApp; those that never did are left out."""
    wanted = sorted(set(identities))
    if not wanted:
        return {}
    newest = (
        select(InteractionRow.identity_id, func.max(InteractionRow.id).label("newest"))
        .where(
            InteractionRow.identity_id.in_(wanted),
            InteractionRow.direction == "in",
            InteractionRow.medium == "whatsapp",
        )
        .group_by(InteractionRow.identity_id)
    )
    return {row.identity_id: moment_of(row.newest) for row in conn.execute(newest)}


def spending(
    conn: Connection, lanes: Mapping[str, Any], channels: Sequence[str], now: datetime, time_zone: str
) -> dict[str, Spending]:
    """Returns the spending of those channels that have a cap; the day is the business's own.

    By what the provider said, and until it does by the parts of what went out at the channel's price of one; what is
    being sent now is not in it yet.
    """
    capped = [name for name in channels if name in lanes and lanes[name].daily_spend is not None]
    if not capped:
        return {}
    midnight = now.astimezone(zone(time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    parts = (
        select(
            MessageRow.channel,
            func.sum(case((MessagePriceRow.message_id.is_(None), MessageRow.parts), else_=0)).label("parts"),
            func.sum(MessagePriceRow.millionths).label("told"),
        )
        .join(InteractionRow, InteractionRow.id == MessageRow.interaction_id)
        .outerjoin(MessagePriceRow, MessagePriceRow.message_id == MessageRow.id)
        .where(
            InteractionRow.id >= interaction_id(midnight) >> 20 << 20,
            InteractionRow.direction == "out",
            MessageRow.channel.in_(capped),
            MessageRow.state.in_(_LEFT),
        )
        .group_by(MessageRow.channel)
    )
    spent = {
        row.channel: int(row.parts or 0) * lanes[row.channel].price_per_part + amount_of(row.told)
        for row in conn.execute(parts)
    }
    return {
        name: Spending(
            spent=spent.get(name, Decimal(0)),
            most=lanes[name].daily_spend,
            until=midnight + timedelta(days=1),
        )
        for name in capped
    }
