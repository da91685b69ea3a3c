"""Offers: told once by their external id and corrected when they are told again, with their tiers and their codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, update

from hub.model.errors import NotFound, Refused
from hub.model.offer import EMPTY, check_offer, read_code
from hub.store import prescriptions
from hub.store.tables import OfferCodeRow, OfferRow, OfferTierRow
from hub.store.upsert import insert_new

ABOUT = "offer"
TIER_FACT = "tier"
MOST_CODES = 100_000
_CHUNK = 500
_FROM_A_POOL = "Set it to take them from a pool."
_ALL = OfferRow.__table__.c


def upsert(
    conn: Connection,
    external_id: str,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    tiers: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[int, str]:
    """Makes or changes the offer of an external id; returns its id and created, changed or unchanged. Raises Refused.

    What is not named stays as it is; `tiers`: all of them, price or percent of each. Codes that were given keep what
    they were worth.
    """
    known = by_external_id(conn, [external_id]).get(external_id)
    here = tiers_of(conn, [known["id"]]).get(known["id"], {}) if known else {}
    wanted = {**({name: known[name] for name in EMPTY} if known else EMPTY), **fields}
    if fields.get("price") is not None and "percent" not in fields:
        wanted["percent"] = None
    if fields.get("percent") is not None and "price" not in fields:
        wanted["price"] = None
    priced = {
        tier: {"price": None, "percent": None, **worth} for tier, worth in (here if tiers is None else tiers).items()
    }
    check_offer(external_id, wanted, priced)
    if wanted["is_open"] and (what := prescription_of(conn, wanted)):
        raise Refused(
            f"{what!r} is prescription only and never promoted.",
            field="sku" if wanted["sku"] == what else "category",
            next_step="Offer something else.",
        )
    if known is None:
        row = {**wanted, "external_id": external_id, "created_at": now, "changed_at": now}
        made: int = conn.execute(insert(OfferRow).values(**row).returning(OfferRow.id)).scalar_one()
        _set_tiers(conn, made, priced)
        return made, "created"
    number: int = known["id"]
    changes = {name: value for name, value in wanted.items() if known[name] != value}
    if not changes and priced == here:
        return number, "unchanged"
    conn.execute(update(OfferRow).where(OfferRow.id == number).values(**changes, changed_at=now))
    if priced != here:
        _set_tiers(conn, number, priced)
    return number, "changed"


def prescription_of(conn: Connection, offer: Mapping[str, Any]) -> str:
    """Returns the prescription medicine, or the category with one, that an offer is for; empty where it is for none."""
    found = prescriptions.skus(conn, [offer["sku"]]) or prescriptions.categories(conn, [offer["category"]])
    return next(iter(found), "")


def _set_tiers(conn: Connection, offer_id: int, tiers: Mapping[str, Mapping[str, Any]]) -> None:
    conn.execute(delete(OfferTierRow).where(OfferTierRow.offer_id == offer_id))
    if tiers:
        conn.execute(
            insert(OfferTierRow), [{"offer_id": offer_id, "tier": tier, **worth} for tier, worth in tiers.items()]
        )


def get(conn: Connection, offer_id: int) -> dict[str, Any]:
    """Returns an offer with its tiers. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(OfferRow.id == offer_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no offer {offer_id}.")
    return {**row._mapping, "tiers": tiers_of(conn, [offer_id]).get(offer_id, {})}


def named(conn: Connection, external_id: str) -> dict[str, Any]:
    """Returns the offer of an external id, with its tiers. Raises NotFound."""
    known = by_external_id(conn, [external_id]).get(external_id)
    if known is None:
        raise NotFound(f"There is no offer {external_id[:100]!r}.")
    return get(conn, known["id"])


def by_external_id(conn: Connection, external_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns the offers of these external ids that are known."""
    if not external_ids:
        return {}
    rows = conn.execute(select(*_ALL).where(OfferRow.external_id.in_(external_ids)))
    return {row.external_id: dict(row._mapping) for row in rows}


def tiers_of(conn: Connection, offers: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Returns what each tier of these offers gets: price and percent by tier, by offer."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    if offers:
        rows = conn.execute(
            select(OfferTierRow.offer_id, OfferTierRow.tier, OfferTierRow.price, OfferTierRow.percent)
            .where(OfferTierRow.offer_id.in_(offers))
            .order_by(OfferTierRow.offer_id, OfferTierRow.tier)
        )
        for row in rows:
            found.setdefault(row.offer_id, {})[row.tier] = {"price": row.price, "percent": row.percent}
    return found


def names(conn: Connection) -> set[str]:
    """Returns the external id of every offer."""
    return set(conn.scalars(select(OfferRow.external_id)))


def listed(conn: Connection, *, after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Returns offers with their counts, by external id; `after`: the last one seen."""
    statement = select(*_ALL).where(OfferRow.external_id > after).order_by(OfferRow.external_id).limit(limit)
    rows = [dict(row._mapping) for row in conn.execute(statement)]
    counted = counts(conn, [row["id"] for row in rows])
    tiers = tiers_of(conn, [row["id"] for row in rows])
    return [{**row, **counted[row["id"]], "tiers": tiers.get(row["id"], {})} for row in rows]


def counts(conn: Connection, offers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Returns how many codes of each offer are free, given and redeemed (which are given too)."""
    found = {offer: {"free": 0, "given": 0, "redeemed": 0} for offer in offers}
    if offers:
        given, redeemed = OfferCodeRow.customer_id.is_not(None), OfferCodeRow.redeemed_at.is_not(None)
        rows = conn.execute(
            select(
                OfferCodeRow.offer_id,
                func.count().label("codes"),
                func.sum(case((given, 1), else_=0)).label("given"),
                func.sum(case((redeemed, 1), else_=0)).label("redeemed"),
            )
            .where(OfferCodeRow.offer_id.in_(offers))
            .group_by(OfferCodeRow.offer_id)
        )
        for row in rows:
            found[row.offer_id] = {"free": row.codes - row.given, "given": row.given, "redeemed": row.redeemed}
    return found


def load_codes(conn: Connection, offer_id: int, codes: Iterable[str], now: datetime) -> dict[str, int]:
    """Adds codes to the pool of an offer; returns how many were added and how many were known already.

    A code is known by itself: loaded twice, for whatever offer, it is there once. Raises Refused and NotFound.
    """
    if get(conn, offer_id)["makes_codes"]:
        raise Refused("The hub makes the codes of this offer.", field="codes", next_step=_FROM_A_POOL)
    wanted = list(dict.fromkeys(read_code(code) for code in codes if code.strip()))
    if len(wanted) > MOST_CODES:
        raise Refused(f"At most {MOST_CODES} codes are loaded at once.", field="codes")
    before = conn.scalar(select(func.count()).select_from(OfferCodeRow).where(OfferCodeRow.offer_id == offer_id)) or 0
    for start in range(0, len(wanted), _CHUNK):
        rows = [{"offer_id": offer_id, "code": code, "created_at": now} for code in wanted[start : start + _CHUNK]]
        insert_new(conn, OfferCodeRow, rows)
    after = conn.scalar(select(func.count()).select_from(OfferCodeRow).where(OfferCodeRow.offer_id == offer_id)) or 0
    return {"added": after - before, "known": len(wanted) - (after - before)}


def add_code(conn: Connection, offer: Mapping[str, Any], code: str, now: datetime) -> bool:
    """Adds one code to the pool of an offer; returns whether it is new. Raises Refused."""
    if offer["makes_codes"]:
        raise Refused("The hub makes the codes of this offer.", field="code", next_step=_FROM_A_POOL)
    row = {"offer_id": offer["id"], "code": read_code(code), "created_at": now}
    return insert_new(conn, OfferCodeRow, [row]) == 1


def running_out(conn: Connection) -> list[dict[str, Any]]:
    """Returns the open offers whose pool has fewer free codes than is told of, or none."""
    pools = conn.execute(select(*_ALL).where(OfferRow.is_open, OfferRow.makes_codes.is_(False))).all()
    left = counts(conn, [row.id for row in pools])
    return [{**row._mapping, **left[row.id]} for row in pools if left[row.id]["free"] < max(1, row.tell_below)]
