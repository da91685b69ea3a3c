"""What purchases cost us: a line's own cost counts, else that of its product; what is left of each is reckoned once.

A live count sums 300,000 purchases: their lines and products take a second, what is kept with each a tenth of it. What
is not reckoned yet is worked out as it is asked, so a count is exact at any moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, case, func, select, type_coerce, update

from hub.store.batch import update_batch
from hub.store.tables import Exact, ProductRow, PurchaseLineRow, PurchaseRow

_RECKONED = update_batch(PurchaseRow, "id", ("earned", "earned_at"))
# So many are reckoned in one transaction, of a second's tenth.
PAGE = 500


def cost_of_line() -> ColumnElement[Any]:
    """Returns what a line cost us in ten-thousandths, null where nobody knows; lines and products must be joined."""
    # Both are ten-thousandths, so their product is divided once more.
    of_product = type_coerce(ProductRow.cost, BigInteger) * type_coerce(PurchaseLineRow.quantity, BigInteger) // 10_000
    return func.coalesce(type_coerce(PurchaseLineRow.cost, BigInteger), of_product)


def with_products(found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Returns a statement about purchases with their lines and the products of these, in the same currency."""
    same = (ProductRow.sku == PurchaseLineRow.sku) & (ProductRow.currency == PurchaseRow.currency)
    return found.join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id).outerjoin(ProductRow, same)


def left_of_line() -> ColumnElement[Any]:
    """Returns what is left of a line after its cost, in ten-thousandths; null where nobody knows the cost."""
    cost = cost_of_line()
    return case((cost.is_not(None), type_coerce(PurchaseLineRow.amount, BigInteger) - cost))


def left_of_lines() -> ColumnElement[Any]:
    """Returns the sum of it over lines, null where no cost is known."""
    return func.sum(left_of_line())


def reckon(conn: Connection, now: datetime) -> int:
    """Keeps with purchases that wait for it what is left of them, PAGE at most; returns how many."""
    waiting = select(PurchaseRow.id).where(PurchaseRow.earned_at.is_(None)).limit(PAGE)
    ids = list(conn.scalars(waiting.with_for_update(skip_locked=True)))
    if ids:
        lines = with_products(select(type_coerce(left_of_lines(), Exact))).where(PurchaseRow.id.in_(ids))
        found = lines.add_columns(PurchaseRow.id).group_by(PurchaseRow.id)
        left = {row[1]: row[0] for row in conn.execute(found)}
        rows = [{"id": one, "earned": left.get(one), "earned_at": now} for one in ids]
        _RECKONED(conn, rows)
    return len(ids)


def any_to_reckon(conn: Connection, _: None = None) -> bool:
    """Says whether any purchase waits for it."""
    return conn.execute(select(PurchaseRow.id).where(PurchaseRow.earned_at.is_(None)).limit(1)).first() is not None


def reckon_anew(conn: Connection, sku: str) -> None:
    """Has purchases of a product reckoned anew, since what it costs us was changed."""
    of_it = select(PurchaseLineRow.purchase_id).where(PurchaseLineRow.sku == sku, PurchaseLineRow.cost.is_(None))
    waits = PurchaseRow.earned_at.is_not(None) & PurchaseRow.id.in_(of_it)
    conn.execute(update(PurchaseRow).where(waits).values(earned_at=None))
