"""Offers as pages show them: what became of one, and what was earned by purchases with its codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, type_coerce

from hub.insight.people import names_of
from hub.model.offer import last_day
from hub.model.purchase import PAID
from hub.store import offer_codes, offers
from hub.store.margins import cost_of_line, with_products
from hub.store.tables import Exact, OfferCodeRow, PurchaseLineRow, PurchaseRow

_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What purchases brought in one currency. `margin`: of lines whose cost is known, `known`: what they sold for."""

    currency: str
    count: int
    amount: Decimal
    known: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        return self.known - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPage:
    """An offer, how many codes it has, what they earned, and the newest given ones with their customers' names."""

    offer: Mapping[str, Any]
    counts: Mapping[str, int]
    earned: Sequence[Earned]
    codes: Sequence[Mapping[str, Any]]
    names: Mapping[int, str]


def offer_page(conn: Connection, offer_id: int, business_zone: str = "UTC") -> OfferPage:
    """Returns one offer with what became of it; `until` of a code is its last day. Raises NotFound."""
    offer = offers.get(conn, offer_id)
    codes = with_last_days(offer_codes.of_offer(conn, offer_id, _MOST), business_zone)
    redeemed = select(OfferCodeRow.purchase_id).where(
        OfferCodeRow.offer_id == offer_id, OfferCodeRow.purchase_id.is_not(None)
    )
    return OfferPage(
        offer=offer,
        counts=offers.counts(conn, [offer_id])[offer_id],
        earned=earned(conn, PurchaseRow.id.in_(redeemed)),
        codes=codes,
        names=names_of(conn, {code["customer_id"] for code in codes}),
    )


def with_last_days(codes: Sequence[Mapping[str, Any]], business_zone: str) -> list[Mapping[str, Any]]:
    """Returns codes with the last day on which each is valid, as `until`."""
    ends = [(code, code["expires_at"]) for code in codes]
    return [{**code, "until": last_day(end, business_zone) if end else None} for code, end in ends]


def earned_with(conn: Connection, customer_id: int) -> list[Earned]:
    """Returns what a customer brought, by currency."""
    return earned(conn, PurchaseRow.customer_id == customer_id)


def earned(conn: Connection, which: ColumnElement[bool]) -> list[Earned]:
    """Returns what paid purchases brought, by currency: a line's own cost counts, else its product's."""
    paid = (PurchaseRow.state == PAID, which)
    totals = conn.execute(
        select(PurchaseRow.currency, func.count().label("n"), func.sum(PurchaseRow.amount).label("amount"))
        .where(*paid)
        .group_by(PurchaseRow.currency)
        .order_by(PurchaseRow.currency)
    ).all()
    margins = {row.currency: row for row in conn.execute(_margins().where(*paid))}
    return [
        Earned(
            currency=row.currency,
            count=row.n,
            amount=row.amount,
            known=(margins[row.currency].known if row.currency in margins else None) or Decimal(0),
            cost=(margins[row.currency].cost if row.currency in margins else None) or Decimal(0),
        )
        for row in totals
    ]


def _margins() -> Select[*tuple[Any, ...]]:
    cost = cost_of_line()
    found = select(
        PurchaseRow.currency,
        func.sum(case((cost.is_not(None), PurchaseLineRow.amount))).label("known"),
        type_coerce(func.sum(cost), Exact).label("cost"),
    )
    return with_products(found).group_by(PurchaseRow.currency)
