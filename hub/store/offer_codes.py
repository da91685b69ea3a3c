"""Codes of offers: each given to one customer, once and for ever; redeemed once, by whoever comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from hub.model.errors import NotFound, Refused
from hub.model.offer import expires_at, new_code, read_code
from hub.model.purchase import PAID
from hub.store import jobs, offers
from hub.store.tables import CustomerRow, OfferCodeRow, OfferRow, ProductRow, PurchaseLineRow, PurchaseRow
from hub.store.upsert import insert_new

# What somebody bought most is asked of so long a time.
_BOUGHT_WITHIN = timedelta(days=730)
_TRIES = 3
_CODE = OfferCodeRow.__table__.c
_WITH_OFFER = select(
    *_CODE, OfferRow.external_id, OfferRow.title, OfferRow.titles, OfferRow.sku, OfferRow.currency, OfferRow.is_open,
).join(OfferRow, OfferRow.id == OfferCodeRow.offer_id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Giving:
    """What was given: codes by customer; and why somebody got none, as a reason of `hub.outreach.reasons`."""

    codes: Mapping[int, int]
    refused: Mapping[int, str]


def give(
    conn: Connection, external_id: str, customers: Sequence[int], now: datetime, time_zone: str, by: str
) -> Giving:
    """Gives each customer their code of an offer; who has one keeps it. `time_zone`: on whose clock days end.

    A pool that is empty gives nobody anything, and nobody's code to anybody else: compare-and-set on every engine.
    """
    known = offers.by_external_id(conn, [external_id]).get(external_id)
    if known is None:
        return Giving({}, dict.fromkeys(customers, "offer_unknown"))
    ends = expires_at(known["valid_until"], known["valid_days"], now, time_zone)
    if not known["is_open"] or (ends is not None and ends <= now):
        return Giving({}, dict.fromkeys(customers, "offer_over"))
    if offers.prescription_of(conn, known):
        return Giving({}, dict.fromkeys(customers, "offer_prescription"))
    codes: dict[int, int] = {}
    refused: dict[int, str] = {}
    for row in _theirs(conn, known["id"], customers):
        if row.redeemed_at is not None:
            refused[row.customer_id] = "offer_had"
        elif row.expires_at is not None and row.expires_at <= now:
            refused[row.customer_id] = "offer_expired_before"
        else:
            codes[row.customer_id] = row.id
    without = [one for one in customers if one not in codes and one not in refused]
    worth = _worths(conn, known, without, now)
    refused |= {one: "offer_no_category" for one in without if one not in worth}
    rows = [{"given_at": now, "given_by": by, "expires_at": ends, **worth[one]} for one in without if one in worth]
    codes |= _make(conn, known, rows, now) if known["makes_codes"] else _take(conn, known["id"], rows)
    refused |= {one: "offer_no_code_left" for one in worth if one not in codes}
    return Giving(codes, refused)


def _theirs(conn: Connection, offer_id: int, customers: Sequence[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = (OfferCodeRow.id, OfferCodeRow.customer_id, OfferCodeRow.redeemed_at, OfferCodeRow.expires_at)
    return conn.execute(
        select(*columns).where(OfferCodeRow.offer_id == offer_id, OfferCodeRow.customer_id.in_(customers))
    ).all()


def _worths(
    conn: Connection, offer: Mapping[str, Any], customers: Sequence[int], now: datetime
) -> dict[int, dict[str, Any]]:
    """Returns what each customer's code is worth: by their tier, for what they bought most where the offer says so."""
    if not customers:
        return {}
    tiers = offers.tiers_of(conn, [offer["id"]]).get(offer["id"], {})
    rows = conn.execute(select(CustomerRow.id, CustomerRow.facts).where(CustomerRow.id.in_(customers))).all()
    bought = most_bought(conn, customers, now - _BOUGHT_WITHIN) if offer["for_bought"] else {}
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        if offer["for_bought"] and row.id not in bought:
            continue
        tier = str((row.facts or {}).get(offers.TIER_FACT, ""))
        worth = tiers.get(tier)
        found[row.id] = {
            "customer_id": row.id,
            "tier": tier if worth else "",
            "category": bought.get(row.id, offer["category"]),
            **(worth or {"price": offer["price"], "percent": offer["percent"]}),
        }
    return found


def most_bought(conn: Connection, customers: Sequence[int], since: datetime) -> dict[int, str]:
    """Returns the category that each customer bought most often since then; none where nothing is known.

    None with a prescription medicine in it: nobody is told of offers for that.
    """
    if not customers:
        return {}
    often = func.count(PurchaseRow.id.distinct())
    rows = conn.execute(
        select(PurchaseRow.customer_id, PurchaseLineRow.category)
        .join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id)
        .where(
            PurchaseRow.customer_id.in_(customers),
            PurchaseRow.state == PAID,
            PurchaseRow.bought_at >= since,
            PurchaseLineRow.category != "",
            PurchaseLineRow.category.not_in(select(ProductRow.category).where(ProductRow.is_prescription)),
        )
        .group_by(PurchaseRow.customer_id, PurchaseLineRow.category)
        .order_by(PurchaseRow.customer_id, often, func.max(PurchaseRow.bought_at), PurchaseLineRow.category.desc())
    )
    return {row.customer_id: row.category for row in rows}


def _make(conn: Connection, offer: Mapping[str, Any], rows: Sequence[dict[str, Any]], now: datetime) -> dict[int, int]:
    left = list(rows)
    found: dict[int, int] = {}
    # A code that is taken already, once in ages, is made anew.
    for _ in range(_TRIES):
        if not left:
            break
        made = [{**row, "offer_id": offer["id"], "code": new_code(offer["prefix"]), "created_at": now} for row in left]
        insert_new(conn, OfferCodeRow, made)
        found |= {row.customer_id: row.id for row in _theirs(conn, offer["id"], [row["customer_id"] for row in left])}
        left = [row for row in left if row["customer_id"] not in found]
    return found


def _take(conn: Connection, offer_id: int, rows: Sequence[dict[str, Any]]) -> dict[int, int]:
    if not rows:
        return {}
    free: list[int] = list(
        conn.scalars(
            select(OfferCodeRow.id)
            .where(OfferCodeRow.offer_id == offer_id, OfferCodeRow.customer_id.is_(None))
            .order_by(OfferCodeRow.id)
            .limit(len(rows))
            # On PostgreSQL two who give at once take different ones; SQLite has one writer.
            .with_for_update(skip_locked=True)
        )
    )
    pairs = list(zip(free, rows, strict=False))
    for code, row in pairs:
        conn.execute(
            update(OfferCodeRow).where(OfferCodeRow.id == code, OfferCodeRow.customer_id.is_(None)).values(**row)
        )
    return {row["customer_id"]: code for code, row in pairs}


def redeem(
    conn: Connection, code: str, now: datetime, by: str, *, purchase: tuple[int, int] | None = None
) -> tuple[dict[str, Any], bool]:
    """Redeems a code, once; returns it and whether it was redeemed by this. `purchase`: (id, customer).

    Told again with the same purchase it stays as it is. Raises NotFound, and Refused where it was redeemed already, is
    over, or was never given to anybody.
    """
    known = find(conn, code)
    number = purchase[0] if purchase else None
    if known["redeemed_at"] is not None:
        if number is not None and known["purchase_id"] == number:
            return known, False
        raise Refused(f"The code {known['code']} was redeemed already.", field="code")
    if known["customer_id"] is None:
        raise Refused(f"The code {known['code']} was never given to anybody.", field="code")
    if known["expires_at"] is not None and known["expires_at"] <= now:
        raise Refused(f"The code {known['code']} is over.", field="code")
    done = conn.execute(
        update(OfferCodeRow)
        .where(OfferCodeRow.id == known["id"], OfferCodeRow.redeemed_at.is_(None))
        .values(redeemed_at=now, redeemed_by=by, purchase_id=number)
    )
    if done.rowcount != 1:
        raise Refused(f"The code {known['code']} was redeemed already.", field="code")
    data = {"offer": known["external_id"], "code": known["id"], "purchase": number}
    event = {"kind": "offer.redeemed", "customer_id": known["customer_id"], "interaction_id": None, "data": data}
    jobs.emit(conn, [{**event, "at": now}])
    return {**known, "redeemed_at": now, "redeemed_by": by, "purchase_id": number}, True


def find(conn: Connection, code: str) -> dict[str, Any]:
    """Returns a code with its offer. Raises NotFound and Refused."""
    row = conn.execute(_WITH_OFFER.where(OfferCodeRow.code == read_code(code))).one_or_none()
    if row is None:
        raise NotFound(f"There is no code {code[:64]!r}.")
    return dict(row._mapping)


def by_id(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Returns codes with their offers."""
    if not ids:
        return {}
    return {row.id: dict(row._mapping) for row in conn.execute(_WITH_OFFER.where(OfferCodeRow.id.in_(ids)))}


def of_customer(conn: Connection, customer_id: int, limit: int = 20) -> list[dict[str, Any]]:
    """Returns a customer's codes with their offers, the newest first."""
    return _read(conn, _WITH_OFFER.where(OfferCodeRow.customer_id == customer_id), limit)


def of_offer(conn: Connection, offer_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns the codes of an offer that were given, the newest first."""
    given = _WITH_OFFER.where(OfferCodeRow.offer_id == offer_id, OfferCodeRow.customer_id.is_not(None))
    return _read(conn, given, limit)


def _read(conn: Connection, statement: Select[Any], limit: int) -> list[dict[str, Any]]:
    newest = statement.order_by(OfferCodeRow.given_at.desc(), OfferCodeRow.id.desc()).limit(limit)
    return [dict(row._mapping) for row in conn.execute(newest)]


def ending(
    conn: Connection, first: datetime, last: datetime, *, after: tuple[datetime, int] | None = None, limit: int = 250
) -> list[dict[str, Any]]:
    """Returns codes that were given and not redeemed and end in a span, the earliest first."""
    end = OfferCodeRow.expires_at
    statement = _WITH_OFFER.where(
        end >= first, end <= last, OfferCodeRow.customer_id.is_not(None), OfferCodeRow.redeemed_at.is_(None)
    )
    if after is not None:
        statement = statement.where((end > after[0]) | ((end == after[0]) & (OfferCodeRow.id > after[1])))
    return [dict(row._mapping) for row in conn.execute(statement.order_by(end, OfferCodeRow.id).limit(limit))]
