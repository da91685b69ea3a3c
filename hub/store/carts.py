"""Carts: kept as the shop tells them, found when they were left behind, and asked whether they still are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from hub.model.cart import BOUGHT, EMPTIED, OPEN, Cart
from hub.model.purchase import STANDS
from hub.model.sequence import Standing
from hub.store import enrolments
from hub.store.tables import CartRow, EnrolmentRow, PurchaseRow
from hub.store.tables.base import aliased

# What a sequence that a cart let somebody into keeps of it.
CART, REVISION = "cart", "cart_revision"
# Why it is over.
CHANGED, GONE = "cart_changed", "cart_gone"
_ENDS = {BOUGHT: "bought", EMPTIED: "cart_emptied"}
_ALL = tuple(CartRow.__table__.c)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done with a cart: created, changed, unchanged, or stale where a later word of it is known."""

    id: int
    outcome: str


def key_of(source: str, external_id: str) -> Any:
    return (CartRow.source == source) & (CartRow.external_id == external_id)


def known(conn: Connection, source: str, external_id: str) -> dict[str, Any] | None:
    """Returns the cart that is here under a source and external id; locked until the commit."""
    row = conn.execute(select(*_ALL).where(key_of(source, external_id)).with_for_update()).one_or_none()
    return dict(row._mapping) if row else None


def keep(conn: Connection, cart: Cart, customer_id: int, now: datetime) -> Kept:
    """Keeps a cart as it is told; who was written to because it was left is not any more, where it changed.

    The same again only says that its customer was there; what is older than what is known changes nothing.
    """
    here = known(conn, cart.source, cart.external_id)
    touched = min(cart.touched_at, now)
    if here is None:
        row = {"source": cart.source, "external_id": cart.external_id, "customer_id": customer_id, **cart.holds}
        row |= {"touched_at": touched, "revision": 1, "created_at": now, "changed_at": now}
        return Kept(conn.execute(insert(CartRow).returning(CartRow.id), [row]).scalar_one(), "created")
    if touched < here["touched_at"]:
        return Kept(here["id"], "stale")
    is_same = all(here[name] == value for name, value in cart.holds.items())
    values: dict[str, Any] = {"touched_at": touched, "changed_at": now}
    if not is_same:
        values |= {**cart.holds, "revision": here["revision"] + 1}
    conn.execute(update(CartRow).where(CartRow.id == here["id"]).values(**values))
    if not is_same:
        why = _ENDS.get(cart.state, CHANGED)
        for enrolment in _under_way(conn, here["customer_id"], here["id"]):
            enrolments.leave(conn, enrolment, why, now)
    return Kept(here["id"], "unchanged" if is_same else "changed")


def _under_way(conn: Connection, customer_id: int, cart_id: int) -> list[dict[str, Any]]:
    rows = conn.execute(
        select(*EnrolmentRow.__table__.c).where(
            EnrolmentRow.customer_id == customer_id, EnrolmentRow.state == Standing.ACTIVE.value
        )
    )
    return [dict(row._mapping) for row in rows if row.context.get(CART) == cart_id]


def left(conn: Connection, since: datetime, until: datetime) -> list[tuple[int, int, int]]:
    """Returns carts (number, customer, revision) that nobody touched between two moments and until now, and nobody
    bought: each customer's newest, with something in it.
    """
    later = aliased(CartRow)
    newer = exists().where(
        later.customer_id == CartRow.customer_id,
        (later.touched_at > CartRow.touched_at) | ((later.touched_at == CartRow.touched_at) & (later.id > CartRow.id)),
    )
    rows = conn.execute(
        select(CartRow.id, CartRow.customer_id, CartRow.revision, CartRow.lines)
        .where(CartRow.state == OPEN, CartRow.touched_at > since, CartRow.touched_at <= until)
        .where(~newer, ~_bought_since())
        .order_by(CartRow.id)
    )
    return [(row.id, row.customer_id, row.revision) for row in rows if row.lines]


def _bought_since() -> Any:
    """A purchase of the customer's after they last touched the cart: of it or not, it is no time to ask."""
    return exists().where(
        PurchaseRow.customer_id == CartRow.customer_id,
        PurchaseRow.bought_at >= CartRow.touched_at,
        PurchaseRow.state.in_(sorted(STANDS)),
    )


def over(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Returns the enrolments whose cart is left behind no more, and why; those without a cart are none of them."""
    asked = {row["id"]: row["context"] for row in rows if row["context"].get(CART)}
    if not asked:
        return {}
    wanted = sorted({int(context[CART]) for context in asked.values()})
    found = conn.execute(
        select(CartRow.id, CartRow.state, CartRow.revision, _bought_since().label("bought")).where(
            CartRow.id.in_(wanted)
        )
    )
    carts = {row.id: row for row in found}
    ended: dict[int, str] = {}
    for number, context in asked.items():
        cart = carts.get(int(context[CART]))
        if cart is None:
            ended[number] = GONE
        elif cart.state != OPEN or cart.bought:
            ended[number] = _ENDS.get(cart.state, "bought")
        elif cart.revision != context.get(REVISION):
            ended[number] = CHANGED
    return ended


def of_enrolments(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns the cart that let somebody in, by enrolment."""
    contexts = {row["id"]: row["context"] for row in enrolments.contexts(conn, ids)}
    wanted = {number: int(context[CART]) for number, context in contexts.items() if context.get(CART)}
    rows = conn.execute(select(*_ALL).where(CartRow.id.in_(sorted(set(wanted.values()))))) if wanted else ()
    carts = {row.id: dict(row._mapping) for row in rows}
    return {number: carts[cart] for number, cart in wanted.items() if cart in carts}


def get(conn: Connection, cart_id: int) -> dict[str, Any] | None:
    """Returns one cart, None where there is none."""
    row = conn.execute(select(*_ALL).where(CartRow.id == cart_id)).one_or_none()
    return dict(row._mapping) if row else None


def listed(
    conn: Connection, *, customer_id: int | None = None, state: str = "", before: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Returns carts, the newest first; `before`: the last number seen."""
    statement = select(*_ALL).order_by(CartRow.id.desc()).limit(limit)
    if customer_id is not None:
        statement = statement.where(CartRow.customer_id == customer_id)
    if state:
        statement = statement.where(CartRow.state == state)
    if before is not None:
        statement = statement.where(CartRow.id < before)
    return [dict(row._mapping) for row in conn.execute(statement)]


def newest_of(conn: Connection, customer_id: int) -> dict[str, Any] | None:
    """Returns a customer's newest open cart, None without any."""
    return next(iter(listed(conn, customer_id=customer_id, state=OPEN, limit=1)), None)
