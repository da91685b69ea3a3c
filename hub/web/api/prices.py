"""What a part of a text costs by channel and country, as previews and flight plans reckon with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.store import audit, list_prices
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.channels import ByName
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Given, Told


class Price(Told):
    """What a part to a country costs, everywhere else where it is empty; `source`: your list, or charged lately."""

    country: str
    amount: str
    currency: str
    source: Literal["list", "charged"]


class Prices(Told):
    channel: str
    prices: list[Price]


class Listed(Given):
    country: Annotated[str, Field(max_length=2)] = ""
    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6, allow_inf_nan=False)]


class PriceList(Given):
    """The whole list: what is left out is forgotten."""

    currency: Annotated[str, Field(max_length=3)] = ""
    prices: Annotated[list[Listed], Field(max_length=1_000)]


@operation("GET", "/channels/{name}/prices", roles=READERS, summary="What texts by a channel cost, by country")
async def get_prices(call: Call, path: ByName) -> Prices:
    _require(call, path.name)
    return await call.read(_told, path.name)


@operation("PUT", "/channels/{name}/prices", roles=EDITORS, summary="Keep what texts by a channel cost, by country")
async def put_prices(call: Call, path: ByName, body: PriceList) -> Prices:
    _require(call, path.name)
    return await call.write(_keep, path.name, body, call.by)


def _keep(conn: Connection, name: str, body: PriceList, by: Actor) -> Prices:
    prices = [(one.country, one.amount) for one in body.prices]
    list_prices.keep(conn, name, prices, body.currency, by.at, by.name)
    audit.note(conn, by, "prices.changed", f"channel/{name}")
    return _told(conn, name)


def _told(conn: Connection, name: str) -> Prices:
    found = list_prices.of_channel(conn, name)
    rows = [*found.listed.items(), *((country, one) for country, one in found.charged.items())]
    return Prices(
        channel=name,
        prices=[
            Price.model_validate(
                {"country": country, "amount": f"{one.amount:f}", "currency": one.currency, "source": one.source}
            )
            for country, one in rows
        ],
    )


def _require(call: Call, name: str) -> None:
    if name not in call.services.settings.channels:
        raise NotFound(f"There is no channel {name}.")
