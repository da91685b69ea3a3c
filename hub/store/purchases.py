"""Purchases and their lines: recorded once by source and external id, corrected when they are told again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, or_, select, tuple_, update

from hub.model.purchase import PAID, Line, Purchase
from hub.store.ids import take_ids
from hub.store.tables import CustomerRow, IdentityRow, InteractionRow, PurchaseLineRow, PurchaseRow

_FIELDS = ("bought_at", "amount", "currency", "state", "note")
_ROW = (PurchaseRow.id, PurchaseRow.customer_id, PurchaseRow.interaction_id, PurchaseRow.source,
        PurchaseRow.external_id, PurchaseRow.created_at, PurchaseRow.changed_at,
        *(getattr(PurchaseRow, name) for name in _FIELDS))  # fmt: skip
_LINE = tuple(getattr(PurchaseLineRow, name) for name in Line.__slots__)
_KNOWN = select(*_ROW).where(tuple_(PurchaseRow.source, PurchaseRow.external_id).in_(bindparam("keys", expanding=True)))
_LINES = (
    select(PurchaseLineRow.purchase_id, *_LINE)
    .where(PurchaseLineRow.purchase_id.in_(bindparam("ids", expanding=True)))
    .order_by(PurchaseLineRow.purchase_id, PurchaseLineRow.line)
)
_OF_CUSTOMER = (
    select(*_ROW)
    .where(PurchaseRow.customer_id == bindparam("customer"))
    .order_by(PurchaseRow.bought_at.desc(), PurchaseRow.id.desc())
    .limit(bindparam("most"))
)
_LAST = func.max(PurchaseRow.bought_at)
_TOTALS = (
    select(PurchaseRow.currency, func.sum(PurchaseRow.amount), func.count(), _LAST)
    .where(PurchaseRow.customer_id == bindparam("customer"), PurchaseRow.state == PAID)
    .group_by(PurchaseRow.currency)
    .order_by(_LAST.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A purchase as it is stored, with whose it is and the entry of the history that tells it."""

    id: int
    customer_id: int
    interaction_id: int | None
    purchase: Purchase
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What somebody paid in one currency, over how many purchases, the last of them when."""

    currency: str
    amount: Decimal
    count: int
    last_at: datetime


def known(conn: Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Stored]:
    """Returns the purchases that are here already under these (source, external id)."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    return {stored.purchase.key: stored for stored in _read(conn, _KNOWN, {"keys": wanted})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was done with a purchase: created, changed or unchanged; `before`: as it was known."""

    id: int
    outcome: str
    before: Stored | None = None


def record(conn: Connection, told: Sequence[tuple[Purchase, int, int | None]], now: datetime) -> list[Recorded]:
    """Records purchases, no two of one key, as (purchase, customer, interaction).

    One told again keeps its customer and its interaction, whatever is said here. Raises IntegrityError where another
    process records the same one meanwhile.
    """
    here = known(conn, (purchase.key for purchase, _, _ in told))
    fresh = [each for each in told if each[0].key not in here]
    created = dict(zip((each[0].key for each in fresh), take_ids(conn, PurchaseRow, len(fresh)), strict=True))
    if fresh:
        rows = [
            {
                **_columns(purchase),
                "id": created[purchase.key],
                "source": purchase.source,
                "external_id": purchase.external_id,
                "customer_id": customer,
                "interaction_id": entry,
                "created_at": now,
                "changed_at": now,
            }
            for purchase, customer, entry in fresh
        ]
        conn.execute(insert(PurchaseRow), rows)
        _write_lines(conn, [(created[purchase.key], purchase) for purchase, _, _ in fresh])
    return [
        Recorded(id=created[purchase.key], outcome="created")
        if purchase.key in created
        else _correct(conn, here[purchase.key], purchase, now)
        for purchase, _, _ in told
    ]


def _correct(conn: Connection, stored: Stored, purchase: Purchase, now: datetime) -> Recorded:
    if stored.purchase == purchase:
        return Recorded(id=stored.id, outcome="unchanged", before=stored)
    conn.execute(
        update(PurchaseRow)
        .where(PurchaseRow.id == stored.id)
        .values(**_columns(purchase), earned_at=None, changed_at=now)
    )
    if stored.purchase.lines != purchase.lines:
        conn.execute(delete(PurchaseLineRow).where(PurchaseLineRow.purchase_id == stored.id))
        _write_lines(conn, [(stored.id, purchase)])
    return Recorded(id=stored.id, outcome="changed", before=stored)


def _columns(purchase: Purchase) -> dict[str, Any]:
    return {name: getattr(purchase, name) for name in _FIELDS}


def _write_lines(conn: Connection, purchases: Sequence[tuple[int, Purchase]]) -> None:
    rows = [
        {"purchase_id": number, "line": at, **{name: getattr(line, name) for name in Line.__slots__}}
        for number, purchase in purchases
        for at, line in enumerate(purchase.lines, 1)
    ]
    if rows:
        conn.execute(insert(PurchaseLineRow), rows)


def get(conn: Connection, purchase_id: int) -> Stored | None:
    """Returns one purchase, None where there is none."""
    return next(iter(_read(conn, select(*_ROW).where(PurchaseRow.id == purchase_id), {})), None)


def listed(
    conn: Connection,
    *,
    customer_id: int | None = None,
    since: datetime | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Stored]:
    """Returns purchases, newest first; `before`: the last (bought_at, id) seen."""
    statement = select(*_ROW)
    if customer_id is not None:
        statement = statement.where(PurchaseRow.customer_id == customer_id)
    if since is not None:
        statement = statement.where(PurchaseRow.bought_at >= since)
    if before is not None:
        at, number = before
        earlier = PurchaseRow.bought_at < at
        statement = statement.where(or_(earlier, and_(PurchaseRow.bought_at == at, PurchaseRow.id < number)))
    return _read(conn, statement.order_by(PurchaseRow.bought_at.desc(), PurchaseRow.id.desc()).limit(limit), {})


def of(conn: Connection, customer_id: int, limit: int) -> list[Stored]:
    """Returns a customer's purchases, newest first."""
    return _read(conn, _OF_CUSTOMER, {"customer": customer_id, "most": limit})


def of_interactions(conn: Connection, interactions: Sequence[int]) -> dict[int, Stored]:
    """Returns the purchases that these entries of the history tell, as they are now."""
    if not interactions:
        return {}
    rows = _read(conn, select(*_ROW).where(PurchaseRow.interaction_id.in_(interactions)), {})
    return {row.interaction_id: row for row in rows if row.interaction_id is not None}


def make_customers(conn: Connection, buyers: Iterable[int]) -> set[int]:
    """Makes customers of the prospects among these buyers, but of whom staff has chosen to be one; returns which."""
    prospects = CustomerRow.id.in_(sorted(set(buyers))) & (CustomerRow.relationship == "prospect")
    bought = (
        update(CustomerRow)
        .where(prospects, CustomerRow.relationship_chosen.is_(False))
        .values(relationship="customer")
        .returning(CustomerRow.id)
    )
    return set(conn.scalars(bought))


def customers_of(conn: Connection, interactions: Sequence[int]) -> dict[int, int]:
    """Returns whose each of these entries of the history is."""
    if not interactions:
        return {}
    rows = conn.execute(
        select(InteractionRow.id, IdentityRow.customer_id)
        .join(IdentityRow, IdentityRow.id == InteractionRow.identity_id)
        .where(InteractionRow.id.in_(interactions))
    )
    return {row.id: row.customer_id for row in rows}


def totals(conn: Connection, customer_id: int) -> list[Total]:
    """Returns what a customer has paid, by currency, the one of the latest purchase first."""
    rows = conn.execute(_TOTALS, {"customer": customer_id})
    return [Total(currency=row[0], amount=row[1], count=row[2], last_at=row[3]) for row in rows]


def _read(conn: Connection, statement: Select[Any], values: Mapping[str, Any]) -> list[Stored]:
    rows = conn.execute(statement, values).all()
    lines: dict[int, list[Line]] = {}
    if rows:
        for row in conn.execute(_LINES, {"ids": [row.id for row in rows]}):
            lines.setdefault(row.purchase_id, []).append(Line(**{name: getattr(row, name) for name in Line.__slots__}))
    return [
        Stored(
            id=row.id,
            customer_id=row.customer_id,
            interaction_id=row.interaction_id,
            created_at=row.created_at,
            changed_at=row.changed_at,
            purchase=Purchase(
                source=row.source,
                external_id=row.external_id,
                lines=tuple(lines.get(row.id, ())),
                **{name: getattr(row, name) for name in _FIELDS},
            ),
        )
        for row in rows
    ]
