"""Prices: what messages of ours cost, as their providers list it; each is noted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select

from hub.store.tables import MessagePriceRow, MessageRow
from hub.store.tables.outbox import REFERRED_TO
from hub.store.upsert import insert_new

# Twilio prices a text with five decimals.
MILLION = 1_000_000
_OF_REFERENCES = select(MessageRow.id, MessageRow.reference).where(
    MessageRow.reference.in_(bindparam("references", expanding=True)), REFERRED_TO
)


@dataclass(frozen=True, slots=True)
class Price:
    """What a provider charges for the message that it calls `reference`; `amount` is positive."""

    reference: str
    amount: Decimal
    currency: str


def note(conn: Connection, prices: Sequence[Price], now: datetime) -> None:
    """Notes prices of messages of ours; those of others, and those known already, change nothing."""
    told = {price.reference: price for price in prices}
    if not told:
        return
    rows: list[Mapping[str, Any]] = [
        {
            "message_id": row.id,
            "millionths": int((told[row.reference].amount * MILLION).to_integral_value()),
            "currency": told[row.reference].currency,
            "told_at": now,
        }
        for row in conn.execute(_OF_REFERENCES, {"references": sorted(told)})
    ]
    insert_new(conn, MessagePriceRow, rows)


def of_message(conn: Connection, message: int) -> tuple[Decimal, str] | None:
    """Returns what a message cost and in which currency, None while nobody knows."""
    row = conn.execute(
        select(MessagePriceRow.millionths, MessagePriceRow.currency).where(MessagePriceRow.message_id == message)
    ).one_or_none()
    return (amount_of(row.millionths), row.currency) if row else None


def amount_of(millionths: int | None) -> Decimal:
    """Returns an amount, exactly."""
    return Decimal(int(millionths or 0)) / MILLION
