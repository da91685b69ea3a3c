"""Wearing out: equipment in use that shows its age and has a successor which is sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from hub.model.equipment import FAULT, IN_USE
from hub.store.tables import EquipmentLogRow, EquipmentRow, ProductRow
from hub.store.tables.base import aliased

_A_YEAR = timedelta(days=365)
_OLD = timedelta(days=10 * 365)
_MANY_FAULTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Worn:
    """Equipment with what takes its place; `reasons`: warranty_over, old, faults, not_sold."""

    id: int
    customer_id: int
    name: str
    successor: str
    successor_sku: str
    reasons: tuple[str, ...]


def worn(conn: Connection, customers: Sequence[int], now: datetime) -> list[Worn]:
    """Returns what wears out with these customers, in the order in which it was entered."""
    if not customers:
        return []
    old, new = ProductRow, aliased(ProductRow)
    faults = (
        select(func.count())
        .where(
            EquipmentLogRow.equipment_id == EquipmentRow.id,
            EquipmentLogRow.kind == FAULT,
            EquipmentLogRow.day >= (now - _A_YEAR).date(),
        )
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            EquipmentRow.id, EquipmentRow.customer_id, EquipmentRow.name, EquipmentRow.warranty_until,
            EquipmentRow.installed_on, old.is_sold, new.name.label("successor"), new.sku, faults.label("faults"),
        )
        .join(old, old.sku == EquipmentRow.sku)
        .join(new, new.sku == old.successor)
        .where(EquipmentRow.customer_id.in_(customers), EquipmentRow.state == IN_USE, new.is_sold, ~new.is_prescription)
        .order_by(EquipmentRow.id)
    )  # fmt: skip
    today, found = now.date(), []
    for row in rows:
        said = {
            "warranty_over": row.warranty_until is not None and row.warranty_until < today,
            "old": row.installed_on is not None and row.installed_on < today - _OLD,
            "faults": row.faults >= _MANY_FAULTS,
            "not_sold": not row.is_sold,
        }
        if reasons := tuple(reason for reason, so in said.items() if so):
            found.append(
                Worn(
                    id=row.id, customer_id=row.customer_id, name=row.name, successor=row.successor,
                    successor_sku=row.sku, reasons=reasons,
                )
            )  # fmt: skip
    return found
