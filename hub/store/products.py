"""Products: what the business sells, each named by its sku."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from hub.model.errors import NotFound, Refused
from hub.model.fold import fold
from hub.store import margins
from hub.store.tables import ProductRow

_ALL = ProductRow.__table__.c
_FIELDS = frozenset({"name", "category", "currency", "price", "cost", "successor", "is_sold", "is_prescription"})
_EMPTY: Mapping[str, Any] = {
    "category": "", "currency": "", "successor": "", "is_sold": True, "is_prescription": False,
}  # fmt: skip
_LARGEST = Decimal(10) ** 12


def upsert(conn: Connection, sku: str, fields: Mapping[str, Any], now: datetime) -> tuple[int, str]:
    """Makes or changes the product of a sku; returns its id and created, changed or unchanged. Raises Refused.

    `fields`: name, category, currency, price, cost, successor, is_sold, is_prescription; what is not named
    stays as it is.
    """
    known = by_sku(conn, [sku]).get(sku)
    wanted = {**({name: known[name] for name in _FIELDS} if known else {"name": ""}), **fields}
    _check(sku, wanted)
    if known is None:
        row = {**_EMPTY, **wanted, "sku": sku}
        made: int = conn.execute(
            insert(ProductRow).values(**row, created_at=now, changed_at=now).returning(ProductRow.id)
        ).scalar_one()
        margins.reckon_anew(conn, sku)
        return made, "created"
    number: int = known["id"]
    changes = {name: value for name, value in fields.items() if known[name] != value}
    if not changes:
        return number, "unchanged"
    conn.execute(update(ProductRow).where(ProductRow.id == number).values(**changes, changed_at=now))
    if {"cost", "currency"} & set(changes):
        margins.reckon_anew(conn, sku)
    return number, "changed"


def get(conn: Connection, product_id: int) -> dict[str, Any]:
    """Returns a product. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(ProductRow.id == product_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no product {product_id}.")
    return dict(row._mapping)


def by_sku(conn: Connection, skus: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns the products of these skus that are known."""
    if not skus:
        return {}
    return {row.sku: dict(row._mapping) for row in conn.execute(select(*_ALL).where(ProductRow.sku.in_(skus)))}


def listed(conn: Connection, *, words: str = "", after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Returns products by sku, those with the words in their sku, name or category; `after`: the last sku seen."""
    statement = select(*_ALL).where(ProductRow.sku > after)
    if words.strip():
        part = f"%{_escaped(words.strip().lower())}%"
        columns = (ProductRow.sku, ProductRow.name, ProductRow.category)
        statement = statement.where(or_(*(func.lower(column).like(part, escape="\\") for column in columns)))
    return [dict(row._mapping) for row in conn.execute(statement.order_by(ProductRow.sku).limit(limit))]


def named(conn: Connection, limit: int = 300) -> tuple[list[str], list[tuple[str, str]]]:
    """Returns categories and (sku, name) of products, by name, for a field that offers them."""
    by_name = select(ProductRow.sku, ProductRow.name).order_by(ProductRow.name, ProductRow.sku).limit(limit)
    categories = select(ProductRow.category).where(ProductRow.category != "").distinct()
    categories = categories.order_by(ProductRow.category).limit(limit)
    return list(conn.scalars(categories)), [(row.sku, row.name) for row in conn.execute(by_name)]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _check(sku: str, fields: Mapping[str, Any]) -> None:
    """Raises Refused naming the field that makes no product."""
    if unknown := sorted(set(fields) - _FIELDS):
        raise Refused(f"A product has no {unknown[0]!r}.", field=unknown[0])
    if not 0 < len(sku) <= 100:
        raise Refused("A product needs a sku, of at most 100 letters.", field="sku")
    if not str(fields["name"]).strip():
        raise Refused("A product needs a name.", field="name")
    if fold(str(fields.get("successor", ""))) == fold(sku):
        raise Refused("A product cannot take its own place.", field="successor")
    for name in ("price", "cost"):
        amount = fields.get(name)
        if amount is not None and (not amount.is_finite() or not 0 <= amount < _LARGEST):
            raise Refused(f"{amount} cannot be a {name}.", field=name)
        if amount is not None and amount != round(amount, 4):
            raise Refused(f"{amount} has more than four decimal places.", field=name)
    currency = fields.get("currency", "")
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise Refused(f"{currency[:20]!r} is no currency; write it as EUR.", field="currency")
