"""Carts: a shop tells what somebody has put together, each change of it, and that it was bought."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator
from sqlalchemy import Connection

from hub.insight.people import read_identity
from hub.model.cart import MOST_LINES, OPEN, Cart, CartLine, check_cart
from hub.model.errors import NotFound
from hub.store import audit
from hub.store import carts as store
from hub.store.audit import Actor
from hub.store.customers import create_customer, find_identities, require
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Money, Told

State = Literal["open", "bought", "emptied"]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
Name = Annotated[str, Field(min_length=1, max_length=300)]


class ToldLine(Told):
    name: str
    sku: str
    quantity: Money
    amount: Money


class ToldCart(Told):
    """A cart as it is known. `touched_at`: when its customer last changed it; `revision` rises with every change."""

    id: Id
    customer_id: Id
    source: str
    external_id: str
    state: str
    amount: Money
    currency: str
    url: str
    lines: list[ToldLine]
    touched_at: Moment
    revision: int
    created_at: Moment
    changed_at: Moment


class NewLine(Given):
    name: Name
    amount: Money
    quantity: Money = Decimal(1)
    sku: Line = ""


class NewCart(Given):
    """Whose it is says `customer_id`, or `identities` (ada@example.com, +1 415 555 0123, ext:shop/42), surest first.

    Of several identities the first that somebody holds decides; somebody unknown is made. Told again under the same
    `source` and `external_id` it is the same cart as it is now; `state` bought or emptied ends what it has begun.
    `touched_at`: when its customer last changed it, else now.
    """

    customer_id: Id | None = None
    identities: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    name: Annotated[str, Field(max_length=200, description="What to call somebody who is made")] = ""
    source: Annotated[str, Field(min_length=1, max_length=100)] = "api"
    external_id: Name
    state: State = OPEN
    amount: Money
    currency: Currency
    url: Annotated[str, Field(max_length=2000, description="Where its customer goes on, on the web")] = ""
    lines: Annotated[tuple[NewLine, ...], Field(max_length=MOST_LINES)] = ()
    touched_at: Moment | None = None

    @model_validator(mode="after")
    def _of_somebody(self) -> NewCart:
        if (self.customer_id is None) == (not self.identities):
            raise ValueError("name either customer_id or identities")
        return self


class CartQuery(Given):
    """`before`: the last cart of the page before."""

    customer: Id | None = None
    state: State | None = None
    before: Id | None = None
    limit: Limit = 50


@operation("GET", "/carts", roles=READERS, summary="Carts, the newest first")
async def list_carts(call: Call, query: CartQuery) -> Items[ToldCart]:
    rows = await call.read(
        store.listed,
        customer_id=query.customer,
        state=query.state or "",
        before=query.before,
        limit=query.limit + 1,
    )
    following = str(rows[query.limit - 1]["id"]) if len(rows) > query.limit else None
    return Items[ToldCart].model_validate({"items": rows[: query.limit], "next": following})


@operation("GET", "/carts/{id}", roles=READERS, summary="One cart")
async def get_cart(call: Call, path: ById) -> ToldCart:
    return await call.read(_get, path.id)


@operation("POST", "/carts", roles=WORKERS, summary="Tell a cart, a change of it, or its end", creates=True)
async def tell_cart(call: Call, body: NewCart) -> ToldCart:
    return await call.create(_tell, body, call.region, call.by)


def _get(conn: Connection, cart_id: int) -> ToldCart:
    row = store.get(conn, cart_id)
    if row is None:
        raise NotFound(f"There is no cart {cart_id}.")
    return ToldCart.model_validate(row)


def _tell(conn: Connection, body: NewCart, region: str, by: Actor) -> ToldCart:
    cart = Cart(
        source=body.source,
        external_id=body.external_id,
        touched_at=_whole(body.touched_at or by.at),
        amount=body.amount,
        currency=body.currency,
        state=body.state,
        url=body.url,
        lines=tuple(CartLine(**{name: getattr(line, name) for name in CartLine.__slots__}) for line in body.lines),
    )
    check_cart(cart)
    here = store.known(conn, cart.source, cart.external_id)
    kept = store.keep(conn, cart, here["customer_id"] if here else _customer(conn, body, region, by.at), by.at)
    if kept.outcome == "created":  # changes come with every click in the shop
        audit.note(conn, by, "cart.told", f"cart/{kept.id}")
    return _get(conn, kept.id)


def _whole(moment: datetime) -> datetime:
    """Returns a time as it is stored, in milliseconds, so that the same again is no other."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _customer(conn: Connection, body: NewCart, region: str, now: datetime) -> int:
    if body.customer_id is not None:
        require(conn, body.customer_id)
        return body.customer_id
    identities = [read_identity(each, region) for each in body.identities]
    held = find_identities(conn, identities)
    for identity in identities:
        if identity in held:
            return held[identity].customer_id
    return create_customer(conn, {"display_name": body.name}, identities, now)
