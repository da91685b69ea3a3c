"""Advice: what goes with what and who is valuable, worked out from all purchases; what may be next for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, case, delete, func, insert, select, type_coerce

from hub.model.purchase import PAID
from hub.store import limits, prescriptions
from hub.store.tables import BoughtTogetherRow, ProductRow, PurchaseLineRow, PurchaseRow, ValueEdgeRow, milliseconds

# "Bought A, those who bought A buy B within 60 days": what is longer ago foretells nothing.
ADVISED_WITHIN = timedelta(days=60)
VALUED_WITHIN = timedelta(days=730)
_LEARNT_FROM = timedelta(days=1095)
# Less evidence than this is chance: so many who bought the one, so many of them the other, more often than anybody.
LEAST_BUYERS, LEAST_BOTH = 20, 5
LEAST_SHARE, LEAST_LIFT = 0.05, 1.2
LEAST_CUSTOMERS = 50
_MOST_PAIRS = 5_000
_KINDS: Mapping[str, Any] = {"sku": PurchaseLineRow.sku, "category": PurchaseLineRow.category}
_BANDS = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What may be next for a customer: `share` of the `buyers` of `bought` bought `later` within 60 days."""

    kind: str
    bought: str
    later: str
    buyers: int
    both: int
    share: Decimal
    name: str
    bought_name: str


def pairs(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Returns what is bought after what, of skus and of categories, as rows to keep; only reads."""
    return [row for kind, column in _KINDS.items() for row in _pairs(conn, kind, column, now)]


def _pairs(conn: Connection, kind: str, column: Any, now: datetime) -> list[dict[str, Any]]:
    first = (
        select(
            PurchaseRow.customer_id,
            column.label("what"),
            type_coerce(func.min(PurchaseRow.bought_at), BigInteger).label("at"),
        )
        .join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id)
        .where(PurchaseRow.state == PAID, PurchaseRow.bought_at >= now - _LEARNT_FROM, column != "")
        .group_by(PurchaseRow.customer_id, column)
        .cte("first_bought")
        .prefix_with("MATERIALIZED")
    )
    # Only those count of whom the 60 days are known.
    known = milliseconds(now - ADVISED_WITHIN)
    span = ADVISED_WITHIN // timedelta(milliseconds=1)
    buyers = (
        select(first.c.what, func.count().label("n")).where(first.c.at <= known).group_by(first.c.what).cte("buyers")
    )
    anybody = select(first.c.what, func.count().label("n")).group_by(first.c.what).cte("anybody")
    everybody = (
        select(func.count(PurchaseRow.customer_id.distinct()))
        .where(PurchaseRow.state == PAID, PurchaseRow.bought_at >= now - _LEARNT_FROM)
        .scalar_subquery()
    )
    one, two = first.alias("one"), first.alias("two")
    both = (
        select(one.c.what.label("bought"), two.c.what.label("later"), func.count().label("n"))
        .join(two, two.c.customer_id == one.c.customer_id)
        .where(one.c.at <= known, two.c.at > one.c.at, two.c.at <= one.c.at + span)
        .group_by(one.c.what, two.c.what)
        .having(func.count() >= LEAST_BOTH)
        .cte("both")
    )
    share = both.c.n * 1.0 / buyers.c.n
    lift = share * everybody / anybody.c.n
    rows = conn.execute(
        select(
            both.c.bought, both.c.later, both.c.n, buyers.c.n.label("buyers"), share.label("share"), lift.label("lift")
        )
        .join(buyers, buyers.c.what == both.c.bought)
        .join(anybody, anybody.c.what == both.c.later)
        .where(buyers.c.n >= LEAST_BUYERS, share >= LEAST_SHARE, lift >= LEAST_LIFT)
        .order_by(lift.desc(), both.c.bought, both.c.later)
        .limit(_MOST_PAIRS)
    ).all()
    return [
        {
            "kind": kind, "bought": row.bought, "later": row.later, "buyers": row.buyers, "both": row.n,
            "share": round(Decimal(str(row.share)), 4), "lift": round(Decimal(str(row.lift)), 4), "computed_at": now,
        }
        for row in _promotable(conn, kind, rows)
    ]  # fmt: skip


def edges(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    """Returns from where on a customer is in the upper parts by when, how often and for how much they bought.

    Only reads. Each measure is ranked among all who bought within two years; nothing where these are too few.
    """
    paid = (PurchaseRow.state == PAID, PurchaseRow.bought_at >= now - VALUED_WITHIN, PurchaseRow.bought_at <= now)
    often = func.count()
    currency = conn.scalar(
        select(PurchaseRow.currency).where(*paid).group_by(PurchaseRow.currency).order_by(often.desc()).limit(1)
    )
    amount = case((PurchaseRow.currency == currency, type_coerce(PurchaseRow.amount, BigInteger)), else_=0)
    buyer = (
        select(
            type_coerce(func.max(PurchaseRow.bought_at), BigInteger).label("recency"),
            often.label("frequency"),
            func.sum(amount).label("money"),
        )
        .where(*paid)
        .group_by(PurchaseRow.customer_id)
        .subquery()
    )
    measures = ("recency", "frequency", "money")
    # Who ties has one rank, so that many who bought once are all in the lowest part.
    ranks = [func.percent_rank().over(order_by=buyer.c[name]).label(f"{name}_rank") for name in measures]
    ranked = select(buyer, *ranks).subquery()
    asked: list[ColumnElement[Any]] = [
        func.min(case((ranked.c[f"{name}_rank"] >= (band - 1) / 5, ranked.c[name]))).label(f"{name}_{band}")
        for name in measures
        for band in _BANDS
    ]
    found = conn.execute(select(func.count().label("n"), *asked).select_from(ranked)).one()._mapping
    if found["n"] < LEAST_CUSTOMERS:
        return []
    return [
        {"measure": name, "band": band, "value": _exact(name, value), "currency": currency, "computed_at": now}
        for name in measures
        for band in _BANDS
        if (value := found[f"{name}_{band}"]) is not None
    ]


def _exact(measure: str, value: Any) -> Decimal:
    return Decimal(int(value)).scaleb(-4) if measure == "money" else Decimal(int(value))


def keep(conn: Connection, pairs: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> None:
    """Keeps what was worked out in the place of what was known before."""
    for table, rows in ((BoughtTogetherRow, pairs), (ValueEdgeRow, edges)):
        conn.execute(delete(table))
        if rows:
            conn.execute(insert(table), list(rows))


def next_for(conn: Connection, customers: Sequence[int], now: datetime, *, limit: int = 3) -> dict[int, list[Next]]:
    """Returns what may be next for each customer, the surest first: products, else categories; none if unsure.

    Nothing for those who objected to profiling.
    """
    found: dict[int, list[Next]] = {}
    objected = limits.objected(conn, customers)
    customers = [one for one in customers if one not in objected]
    for kind in _KINDS:
        left = [one for one in customers if one not in found]
        if left:
            found |= _next_for(conn, kind, left, now, limit)
    return found


def _next_for(
    conn: Connection, kind: str, customers: Sequence[int], now: datetime, limit: int
) -> dict[int, list[Next]]:
    column, together = _KINDS[kind], BoughtTogetherRow
    bought = (
        select(PurchaseRow.customer_id, column.label("what"), PurchaseLineRow.name, PurchaseRow.bought_at.label("at"))
        .join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id)
        .where(PurchaseRow.customer_id.in_(customers), PurchaseRow.state == PAID, column != "")
    )
    has: dict[int, set[str]] = {}
    lately: dict[int, dict[str, str]] = {}
    for row in conn.execute(bought):
        has.setdefault(row.customer_id, set()).add(row.what)
        if row.at >= now - ADVISED_WITHIN:
            lately.setdefault(row.customer_id, {})[row.what] = row.name
    leads = sorted({what for each in lately.values() for what in each})
    if not leads:
        return {}
    rows = conn.execute(
        select(together.__table__)
        .where(together.kind == kind, together.bought.in_(leads))
        .order_by(together.share.desc(), together.lift.desc(), together.later)
    ).all()
    rows = _promotable(conn, kind, rows)
    names = _names(conn, kind, [row.later for row in rows])
    found: dict[int, list[Next]] = {}
    for customer, those in lately.items():
        seen = set(has[customer])
        for row in rows:
            if row.bought in those and row.later not in seen and row.later in names:
                seen.add(row.later)
                found.setdefault(customer, []).append(
                    Next(
                        kind=kind, bought=row.bought, later=row.later, buyers=row.buyers, both=row.both,
                        share=row.share, name=names[row.later] or _as_bought(conn, row.later),
                        bought_name=those[row.bought] if kind == "sku" else row.bought,
                    )
                )  # fmt: skip
    return {customer: those[:limit] for customer, those in found.items()}


def _promotable(conn: Connection, kind: str, rows: Sequence[Any]) -> list[Any]:
    """Returns the pairs in which nothing is prescription only: it is neither advised nor a reason to advise another."""
    named = sorted({what for row in rows for what in (row.bought, row.later)})
    barred = prescriptions.skus(conn, named) if kind == "sku" else prescriptions.categories(conn, named)
    return [row for row in rows if row.bought not in barred and row.later not in barred]


def _names(conn: Connection, kind: str, wanted: Sequence[str]) -> dict[str, str]:
    """Returns what things are called, empty where no product says it; one that is not sold any more is left out."""
    if kind != "sku":
        return {what: what for what in wanted}
    if not wanted:
        return {}
    known = {
        row.sku: row
        for row in conn.execute(
            select(ProductRow.sku, ProductRow.name, ProductRow.is_sold).where(ProductRow.sku.in_(set(wanted)))
        )
    }
    return {sku: known[sku].name if sku in known else "" for sku in wanted if sku not in known or known[sku].is_sold}


def _as_bought(conn: Connection, sku: str) -> str:
    """Returns what a thing is called in a purchase, where the shop tells of purchases and not of its products."""
    told = select(PurchaseLineRow.name).where(PurchaseLineRow.sku == sku, PurchaseLineRow.name != "").limit(1)
    return conn.scalar(told) or sku
