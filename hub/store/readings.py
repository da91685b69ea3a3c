"""Readings: who was shown what health-class thing of whom, once an hour; in the audit log and beside the customer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from hub.store import audit
from hub.store.audit import Actor
from hub.store.tables import SensitiveReadingRow, StaffRow
from hub.store.upsert import insert_new


def note(conn: Connection, by: Actor, shown: Iterable[tuple[int, str]]) -> None:
    """Notes what a member of staff was shown: pairs of (customer, what), as fact:allergy or conversation:7.

    What they have seen within this hour is no new reading: pages are asked for again while they stand open.
    """
    hour = by.at.replace(minute=0, second=0, microsecond=0)
    new: dict[int, list[str]] = {}
    for customer, what in sorted(set(shown)):
        row = {"staff_id": by.staff_id, "customer_id": customer, "what": what, "hour": hour, "at": by.at}
        if insert_new(conn, SensitiveReadingRow, [row]) == 1:
            new.setdefault(customer, []).append(what)
    for customer, those in new.items():
        audit.note(conn, by, "sensitive.read", f"customer/{customer}", {"what": ", ".join(those)})


def of_customer(conn: Connection, customer_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Returns who read what about a customer, newest first: at, what, staff_id and who."""
    reading = SensitiveReadingRow
    rows = conn.execute(
        select(reading.at, reading.what, reading.staff_id, StaffRow.display_name.label("who"))
        .join(StaffRow, StaffRow.id == reading.staff_id)
        .where(reading.customer_id == customer_id)
        .order_by(reading.id.desc())
        .limit(limit)
    )
    return [dict(row._mapping) for row in rows]
