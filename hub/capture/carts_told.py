"""Carts as a shop tells them: each is kept under its number, and belongs to whoever holds the surest of its names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from hub.model.event import CartTold
from hub.store import carts
from hub.store.customers import create_customer, find_identities


def keep_carts(conn: Connection, told: Sequence[CartTold], now: datetime) -> None:
    """Keeps carts in the order in which they were told; somebody unknown is made, none of whose names is proven."""
    for each in told:
        here = carts.known(conn, each.cart.source, each.cart.external_id)
        carts.keep(conn, each.cart, here["customer_id"] if here else _customer(conn, each, now), now)


def _customer(conn: Connection, told: CartTold, now: datetime) -> int:
    held = find_identities(conn, list(told.identities))
    known = next((held[one].customer_id for one in told.identities if one in held), None)
    if known is not None:
        return known
    return create_customer(conn, {"display_name": told.name}, list(told.identities), now)
