"""What purchases cost us, as SQL: a line's own cost counts, else that of its product."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, type_coerce

from hub.store.tables import ProductRow, PurchaseLineRow, PurchaseRow


def cost_of_line() -> ColumnElement[Any]:
    """Returns what a line cost us in ten-thousandths, null where nobody knows; lines and products must be joined."""
    # Both are ten-thousandths, so their product is divided once more.
    of_product = type_coerce(ProductRow.cost, BigInteger) * type_coerce(PurchaseLineRow.quantity, BigInteger) // 10_000
    return func.coalesce(type_coerce(PurchaseLineRow.cost, BigInteger), of_product)


def with_products(found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Returns a statement about purchases with their lines and the products of these, in the same currency."""
    same = (ProductRow.sku == PurchaseLineRow.sku) & (ProductRow.currency == PurchaseRow.currency)
    return found.join(PurchaseLineRow, PurchaseLineRow.purchase_id == PurchaseRow.id).outerjoin(ProductRow, same)
