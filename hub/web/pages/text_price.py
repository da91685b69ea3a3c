"""What a previewed text would cost: its parts at the price of the country of who is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from aiohttp import web
from sqlalchemy import Connection

from hub.outreach.previewing import Preview
from hub.store import list_prices
from hub.web.house import house_of
from hub.web.pages.fields import read


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrice:
    """What a text costs to a country by a channel; `amount` None where nobody knows a price."""

    channel: str
    country: str
    amount: Decimal | None
    currency: str = ""


async def price_of(request: web.Request, preview: Preview, customer_id: int | None) -> TextPrice | None:
    """Returns what the text of a preview costs by the first channel that sends texts; None where there is neither."""
    house = house_of(request)
    lane = next((lane for lane in house.lanes.values() if "tel" in lane.schemes), None)
    if lane is None or preview.text is None:
        return None
    parts = preview.text.parts.parts

    def ask(conn: Connection, number: int | None) -> TextPrice:
        country = (list_prices.country_of(conn, number) if number is not None else "") or house.region
        price = list_prices.of_channel(conn, lane.name, lane.price_per_part, lane.price_currency).of(country)
        if price is None:
            return TextPrice(channel=lane.name, country=country, amount=None)
        return TextPrice(channel=lane.name, country=country, amount=price.amount * parts, currency=price.currency)

    return await read(request, ask, customer_id)
