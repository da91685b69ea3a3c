"""Conditions about records: equipment, offers, margin, value and what may be next, as SQL over their tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
    union_all,
)  # fmt: skip

from hub.model.equipment import IN_USE
from hub.model.purchase import PAID
from hub.model.segment.about_records import BANDS, Advised, Earned, Offered, Owns, Valued
from hub.store.advice import ADVISED_WITHIN, VALUED_WITHIN
from hub.store.audience.scope import Scope, unless
from hub.store.margins import left_of_line, left_of_lines, with_products
from hub.store.tables import (
    BoughtTogetherRow,
    CustomerRow,
    EquipmentRow,
    OfferCodeRow,
    OfferRow,
    PurchaseLineRow,
    PurchaseRow,
    ValueEdgeRow,
    milliseconds,
)

_HIGHEST = 5


def owns(row: Owns, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about equipment in use."""
    today = scope.now.date()
    last = today + timedelta(days=row.days or 0)
    found = select(EquipmentRow.id).where(EquipmentRow.state == IN_USE)
    if row.sku:
        found = found.where(EquipmentRow.sku == row.sku)
    if row.model:
        found = found.where(EquipmentRow.model == row.model)
    match row.which:
        case "service_due":
            found = found.where(EquipmentRow.next_service_on <= last)
        case "warranty_ends":
            found = found.where(EquipmentRow.warranty_until.between(today, last))
        case "warranty_over":
            found = found.where(EquipmentRow.warranty_until < today)
    return unless(row.is_ == "has_not", scope.among(found, EquipmentRow.customer_id.expression))


def offered(row: Offered, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about codes of offers."""
    found: Select[Any] = select(OfferCodeRow.id).where(OfferCodeRow.customer_id.is_not(None))
    if row.offer:
        found = found.where(OfferCodeRow.offer_id.in_(select(OfferRow.id).where(OfferRow.external_id == row.offer)))
    at = OfferCodeRow.given_at
    if row.is_ in ("redeemed", "not_redeemed"):
        at = OfferCodeRow.redeemed_at
        found = found.where(at.is_not(None))
    if row.is_ == "open":
        ends = OfferCodeRow.expires_at
        found = found.where(OfferCodeRow.redeemed_at.is_(None), or_(ends.is_(None), ends > scope.now))
    if row.days is not None:
        found = found.where(at >= scope.since(row.days))
    customer: Any = OfferCodeRow.customer_id.expression
    return unless(row.is_ in ("not_given", "not_redeemed"), scope.among(found, customer))


def earned(row: Earned, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about what is left of purchases after their cost: as reckoned, else worked out now."""
    wanted = [PurchaseRow.state == PAID, scope.plain(PurchaseRow.currency.expression) == row.currency]
    if row.days is not None:
        # As a sum, for the index by days has not what was reckoned, and SQLite would take it.
        bought = type_coerce(PurchaseRow.bought_at, BigInteger) + 0
        wanted += [bought >= milliseconds(scope.since(row.days)), bought <= milliseconds(scope.now)]
    limit = int(row.amount * 10_000)

    def holds(left: ColumnElement[Any]) -> ColumnElement[bool]:
        return left >= limit if row.is_ == "at_least" else left <= limit

    kept_where = [*wanted, PurchaseRow.earned_at.is_not(None)]
    waits_where = [*wanted, PurchaseRow.earned_at.is_(None)]
    kept = type_coerce(PurchaseRow.earned, BigInteger)
    if scope.each:
        theirs = PurchaseRow.customer_id == CustomerRow.id
        sums = [
            select(func.sum(kept)).where(*kept_where, theirs).correlate(CustomerRow).scalar_subquery(),
            with_products(select(left_of_lines())).where(*waits_where, theirs).correlate(CustomerRow).scalar_subquery(),
        ]
        # Where no cost is known at all, nothing is left of anything: false, not null, so that its opposite is true.
        return func.coalesce(holds(func.coalesce(sums[0] + sums[1], *sums)), false())
    customer = PurchaseRow.customer_id.label("customer")
    of_all = union_all(
        select(customer, func.sum(kept).label("left")).where(*kept_where).group_by(PurchaseRow.customer_id),
        # By lines: a sum by customers would make SQLite go through all purchases in their order for the few that wait.
        with_products(select(customer, left_of_line().label("left"))).where(*waits_where),
    ).subquery()
    every = of_all.c.customer
    return CustomerRow.id.in_(select(every).group_by(every).having(holds(func.sum(of_all.c.left))))


def valued(row: Valued, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about value: compared with edges that are worked out from time to time."""
    found: Select[Any] = select(PurchaseRow.id).where(
        PurchaseRow.state == PAID,
        PurchaseRow.bought_at >= scope.now - VALUED_WITHIN,
        PurchaseRow.bought_at <= scope.now,
    )
    currency = select(ValueEdgeRow.currency).where(ValueEdgeRow.measure == "money").limit(1).scalar_subquery()
    amount = case((PurchaseRow.currency == currency, type_coerce(PurchaseRow.amount, BigInteger)), else_=0)
    measures = {
        # Edges are kept as exact numbers, of ten-thousandths.
        "recency": type_coerce(func.max(PurchaseRow.bought_at), BigInteger) * 10_000,
        "frequency": func.count() * 10_000,
        "money": func.sum(amount),
    }
    # Without edges nobody is anything: there are too few buyers to say.
    asked: list[ColumnElement[bool]] = [exists().where(ValueEdgeRow.measure == "recency")]
    for measure, (least, most) in BANDS[row.is_].items():
        if least > 1:
            asked.append(measures[measure] >= _edge(measure, least))
        if most < _HIGHEST:
            above = _edge(measure, most + 1)
            asked.append(or_(above.is_(None), measures[measure] < above))
    customer = PurchaseRow.customer_id.expression
    return scope.among(found.group_by(customer).having(and_(*asked)), customer)


def _edge(measure: str, band: int) -> ColumnElement[Any]:
    return (
        select(type_coerce(ValueEdgeRow.value, BigInteger))
        .where(ValueEdgeRow.measure == measure, ValueEdgeRow.band == band)
        .scalar_subquery()
    )


def advised(row: Advised, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition about what may be next: bought lately what leads to it, and never it."""
    column: Any = (PurchaseLineRow.sku if row.is_ == "sku" else PurchaseLineRow.category).expression
    leads = select(BoughtTogetherRow.bought).where(
        BoughtTogetherRow.kind == row.is_, BoughtTogetherRow.later == row.value
    )
    bought: Select[Any] = (
        select(PurchaseRow.id)
        .join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id)
        .where(PurchaseRow.state == PAID)
    )
    customer = PurchaseRow.customer_id.expression
    lately = bought.where(column.in_(leads), PurchaseRow.bought_at >= scope.now - ADVISED_WITHIN)
    return scope.among(lately, customer) & not_(scope.among(bought.where(column == row.value), customer))
