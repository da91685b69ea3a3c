"""List prices: what a part of a text costs by channel and country, as staff wrote it or as it was charged lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, delete, func, select

from hub.model.errors import Refused, Unreadable
from hub.model.phone import read_phone, region_of
from hub.store.prices import MILLION, amount_of
from hub.store.tables import IdentityRow, ListPriceRow, MessagePriceRow, MessageRow
from hub.store.upsert import upsert

# Where no price of a country's own is written.
EVERYWHERE_ELSE = ""
# So many of the newest prices are looked at, and a country needs so many of them.
_LOOKED_AT, _ENOUGH = 500, 3
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class PartPrice:
    """What one part costs; `source`: list (staff wrote it), charged (by the provider, lately) or settings."""

    amount: Decimal
    currency: str
    source: str = "list"


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one channel: `listed` and `charged` by country, `listed` with one for everywhere else perhaps."""

    listed: Mapping[str, PartPrice]
    charged: Mapping[str, PartPrice]
    fallback: PartPrice | None = None

    def of(self, country: str) -> PartPrice | None:
        """Returns the price for a country: staff's own word first, then what was charged; None where nobody knows."""
        return (
            self.listed.get(country or "?")
            or self.charged.get(country or "?")
            or self.listed.get(EVERYWHERE_ELSE)
            or self.fallback
        )


def of_channel(conn: Connection, channel: str, settled: Decimal | None = None, currency: str = "") -> Prices:
    """Returns the prices of a channel. `settled`, `currency`: the one that its settings name, used last."""
    fallback = PartPrice(settled, currency, "settings") if settled and currency else None
    return Prices(listed(conn, channel), _charged(conn, channel), fallback)


def listed(conn: Connection, channel: str) -> dict[str, PartPrice]:
    """Returns what staff wrote for a channel, by country."""
    rows = conn.execute(
        select(ListPriceRow.country, ListPriceRow.millionths, ListPriceRow.currency)
        .where(ListPriceRow.channel == channel)
        .order_by(ListPriceRow.country)
    )
    return {row.country: PartPrice(amount_of(row.millionths), row.currency) for row in rows}


def keep(
    conn: Connection, channel: str, prices: Sequence[tuple[str, Decimal]], currency: str, now: datetime, by: str
) -> None:
    """Keeps the whole list of a channel: (country, price of a part), the country empty for everywhere else.

    Raises Refused for what is no country, no currency or no price.
    """
    if prices and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise Refused(f"{currency[:10]!r} is no currency.", field="currency", next_step="Write it as EUR.")
    if len(prices) > _MOST or len({country for country, _ in prices}) < len(prices):
        raise Refused("A country stands there twice.", field="prices")
    for country, amount in prices:
        if country and not (len(country) == 2 and country.isascii() and country.isupper()):
            raise Refused(f"{country[:10]!r} is no country.", field="prices", next_step="Write it as CZ.")
        if not (amount.is_finite() and 0 <= amount < MILLION):
            raise Refused(f"{amount} is no price.", field="prices", next_step="Write it as 0.0834.")
    conn.execute(delete(ListPriceRow).where(ListPriceRow.channel == channel))
    rows = [
        {"channel": channel, "country": country, "millionths": int((amount * MILLION).to_integral_value()),
         "currency": currency, "changed_at": now, "changed_by": by}
        for country, amount in prices
    ]  # fmt: skip
    upsert(conn, ListPriceRow, ("channel", "country"), rows)


def _charged(conn: Connection, channel: str) -> dict[str, PartPrice]:
    """Returns what parts to each country cost lately, by the newest prices that the provider told."""
    newest = select(MessagePriceRow.message_id).order_by(MessagePriceRow.message_id.desc()).limit(_LOOKED_AT).subquery()
    rows = conn.execute(
        select(IdentityRow.value, MessageRow.parts, MessagePriceRow.millionths, MessagePriceRow.currency)
        .join(MessageRow, MessageRow.id == MessagePriceRow.message_id)
        .join(IdentityRow, IdentityRow.id == MessageRow.identity_id)
        .where(MessagePriceRow.message_id.in_(select(newest.c.message_id)), MessageRow.channel == channel)
        .order_by(func.coalesce(MessagePriceRow.told_at, 0).desc())
    )
    told: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows:
        if row.parts and (country := _country(row.value)):
            told.setdefault(country, []).append((row.millionths, row.parts, row.currency))
    found = {}
    for country, some in told.items():
        currency = some[0][2]
        same = [one for one in some if one[2] == currency]
        if len(same) >= _ENOUGH:
            each = Decimal(sum(one[0] for one in same)) / sum(one[1] for one in same) / MILLION
            found[country] = PartPrice(each.quantize(Decimal("0.000001")), currency, "charged")
    return found


def country_of(conn: Connection, customer_id: int) -> str:
    """Returns the country of a customer's newest number, empty where none tells."""
    numbers = conn.scalars(
        select(IdentityRow.value)
        .where(IdentityRow.customer_id == customer_id, IdentityRow.closed_at.is_(None), IdentityRow.scheme == "tel")
        .order_by(IdentityRow.id.desc())
        .limit(1)
    )
    return next((_country(number) for number in numbers), "")


def _country(number: str) -> str:
    try:
        return region_of(read_phone(number)) or ""
    except Unreadable:
        return ""
