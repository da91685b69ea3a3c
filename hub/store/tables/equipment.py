"""What the business sells, what of it stands with customers, and what was done to it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, text

from hub.store.tables.base import Base, Mapped, mapped_column


class ProductRow(Base):
    """One product, named by its sku; lines of purchases and equipment refer to it by that."""

    __tablename__ = "product"
    __table_args__ = (
        Index("ix_product_category", "category", "sku"),
        # Asked before every promotion, and mostly there are none.
        Index(
            "ix_product_is_prescription",
            "sku",
            sqlite_where=text("is_prescription"),
            postgresql_where=text("is_prescription"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    category: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(default="")
    price: Mapped[Decimal | None]
    cost: Mapped[Decimal | None]
    # The sku of what takes its place; that product may come later.
    successor: Mapped[str] = mapped_column(default="")
    is_sold: Mapped[bool] = mapped_column(default=True)
    # A prescription medicine is never promoted: hub.store.prescriptions.
    is_prescription: Mapped[bool] = mapped_column(default=False, server_default="0")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EquipmentRow(Base):
    """One thing of a customer's; `revision` rises with every change, so nothing stale is sent.

    `customer_id`: who owns it, `site_id`: with whom it stands, where that is somebody else. `next_service_on` follows
    from the rest (hub.model.equipment) and is kept to be found by.
    """

    __tablename__ = "equipment"
    __table_args__ = (
        Index("ix_equipment_customer_id", "customer_id"),
        Index("ix_equipment_site_id", "site_id"),
        Index("ix_equipment_next_service_on", "next_service_on", "id"),
        Index("ix_equipment_warranty_until", "warranty_until", "customer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    external_id: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    sku: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    serial: Mapped[str] = mapped_column(default="")
    location: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    installed_on: Mapped[date | None]
    warranty_until: Mapped[date | None]
    service_months: Mapped[int | None]
    service_every: Mapped[Decimal | None]
    unit: Mapped[str] = mapped_column(default="")
    last_service_on: Mapped[date | None]
    last_service_reading: Mapped[Decimal | None]
    reading: Mapped[Decimal | None]
    read_on: Mapped[date | None]
    next_service_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="in_use")
    revision: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EquipmentLogRow(Base):
    """One service, reading or fault of a thing; never changed."""

    __tablename__ = "equipment_log"
    __table_args__ = (Index("ix_equipment_log_equipment_id", "equipment_id", "day", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id"))
    kind: Mapped[str]
    day: Mapped[date]
    reading: Mapped[Decimal | None]
    fault_code: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
