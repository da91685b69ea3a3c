"""Equipment: every change raises the revision, computes the next service and cancels what waited about the earlier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from hub.model.equipment import IN_USE, KINDS, LONGEST_MONTHS, READING, SERVICE, STATES, Upkeep, next_service
from hub.model.errors import NotFound, Refused
from hub.store import customers
from hub.store.jobs import emit
from hub.store.outbox import cancel_about
from hub.store.tables import EquipmentLogRow, EquipmentRow

ABOUT = "service"
FIELDS = (
    "site_id", "name", "sku", "model", "serial", "location", "note", "installed_on", "warranty_until",
    "service_months", "service_every", "unit", "last_service_on", "last_service_reading", "reading", "read_on", "state",
)  # fmt: skip
_TEXTS = ("sku", "model", "serial", "location", "note", "unit")
_ALL = EquipmentRow.__table__.c
_LOG = EquipmentLogRow.__table__.c
_LARGEST = Decimal(10) ** 12
_OF_CUSTOMER = (
    select(*_ALL)
    .where(or_(EquipmentRow.customer_id == bindparam("customer"), EquipmentRow.site_id == bindparam("customer")))
    .order_by(
        EquipmentRow.state != IN_USE,
        EquipmentRow.next_service_on.is_(None),
        EquipmentRow.next_service_on,
        EquipmentRow.id,
    )
    .limit(bindparam("most"))
)


def create(
    conn: Connection,
    *,
    customer_id: int,
    now: datetime,
    external_id: str | None = None,
    source: str = "",
    **fields: Any,
) -> int:
    """Adds a thing of a customer's (FIELDS) and returns its id. Raises Refused and NotFound."""
    external_id = external_id or None
    row = {**dict.fromkeys(FIELDS), **dict.fromkeys(_TEXTS, ""), "name": "", "state": IN_USE, **fields}
    _check(conn, row)
    customers.require(conn, customer_id)
    if external_id and by_external_id(conn, [external_id]):
        raise Refused(f"There is a thing {external_id!r} already.", field="external_id")
    row |= {
        "customer_id": customer_id,
        "external_id": external_id,
        "source": source,
        "next_service_on": _next(row),
        "created_at": now,
        "changed_at": now,
    }
    made: int = conn.execute(insert(EquipmentRow).values(**row).returning(EquipmentRow.id)).scalar_one()
    _tell(conn, "equipment.created", {**row, "id": made, "revision": 1}, now)
    return made


def edit(conn: Connection, equipment_id: int, *, revision: int, changes: Mapping[str, Any], now: datetime) -> int:
    """Changes fields of a thing; returns the new revision. Raises Refused and NotFound."""
    return _change(conn, get(conn, equipment_id), revision, changes, now, "equipment.changed")


def log(
    conn: Connection,
    equipment_id: int,
    *,
    kind: str,
    day: date,
    now: datetime,
    reading: Decimal | None = None,
    fault_code: str = "",
    note: str = "",
    staff_id: int | None = None,
) -> int:
    """Enters a service, a reading or a fault; the next service follows. Returns the entry. Raises Refused and NotFound.

    A day before the newest service or reading is entered too, and changes nothing of when the next one is due.
    """
    current = get(conn, equipment_id)
    if kind not in KINDS:
        raise Refused(f"{kind[:40]!r} is nothing that is entered: {', '.join(KINDS)}.", field="kind")
    if kind == READING and reading is None:
        raise Refused("A reading needs its number.", field="reading")
    if day.year < 1900 or day.toordinal() > now.date().toordinal() + 1:
        raise Refused("Only what has happened is entered.", field="day")
    _check_number(reading, "reading")
    entry: int = conn.execute(
        insert(EquipmentLogRow)
        .values(
            equipment_id=equipment_id, kind=kind, day=day, reading=reading, fault_code=fault_code, note=note,
            staff_id=staff_id, created_at=now,
        )
        .returning(EquipmentLogRow.id)
    ).scalar_one()  # fmt: skip
    changes: dict[str, Any] = {}
    if reading is not None and (current["read_on"] is None or day >= current["read_on"]):
        changes |= {"reading": reading, "read_on": day}
    if kind == SERVICE and (current["last_service_on"] is None or day >= current["last_service_on"]):
        known = reading if reading is not None else current["reading"]
        changes |= {"last_service_on": day, "last_service_reading": known}
    _change(conn, current, current["revision"], changes, now, f"equipment.{kind}")
    return entry


def upsert(
    conn: Connection, external_id: str, *, customer_id: int, now: datetime, source: str = "", **fields: Any
) -> tuple[int, str]:
    """Adds or changes the thing of an external id; returns its id and created, changed or unchanged. Raises Refused.

    Saying the same again changes nothing, so imports can be repeated; a service or a reading that is older than what is
    known here is left out.
    """
    known = by_external_id(conn, [external_id]).get(external_id)
    if known is None:
        made = create(conn, customer_id=customer_id, external_id=external_id, now=now, source=source, **fields)
        return made, "created"
    for day, number in (("last_service_on", "last_service_reading"), ("read_on", "reading")):
        if fields.get(day) is None or (known[day] is not None and fields[day] < known[day]):
            fields = {name: value for name, value in fields.items() if name not in (day, number)}
    changes = {name: value for name, value in {**fields, "customer_id": customer_id}.items() if known[name] != value}
    if not changes:
        return known["id"], "unchanged"
    _change(conn, known, known["revision"], changes, now, "equipment.changed")
    return known["id"], "changed"


def get(conn: Connection, equipment_id: int) -> dict[str, Any]:
    """Returns a thing. Raises NotFound."""
    row = conn.execute(select(*_ALL).where(EquipmentRow.id == equipment_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no equipment {equipment_id}.")
    return dict(row._mapping)


def by_external_id(conn: Connection, external_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns the things known under these external ids."""
    if not external_ids:
        return {}
    rows = conn.execute(select(*_ALL).where(EquipmentRow.external_id.in_(external_ids)))
    return {row.external_id: dict(row._mapping) for row in rows}


def of_customer(conn: Connection, customer_id: int, limit: int = 100) -> list[dict[str, Any]]:
    """Returns what a customer owns or has standing with them: what is in use first, the next service first."""
    return [dict(row._mapping) for row in conn.execute(_OF_CUSTOMER, {"customer": customer_id, "most": limit})]


def due(
    conn: Connection, first: date | None, last: date, *, after: tuple[date, int] | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Returns what is in use and to be serviced from one day to another, the earliest first.

    `after`: the last (next_service_on, id) seen.
    """
    day = EquipmentRow.next_service_on
    statement = select(*_ALL).where(EquipmentRow.state == IN_USE, day <= last)
    if first is not None:
        statement = statement.where(day >= first)
    if after is not None:
        statement = statement.where(or_(day > after[0], (day == after[0]) & (EquipmentRow.id > after[1])))
    return [dict(row._mapping) for row in conn.execute(statement.order_by(day, EquipmentRow.id).limit(limit))]


def log_of(conn: Connection, equipment_id: int, limit: int = 100) -> list[dict[str, Any]]:
    """Returns the services, readings and faults of a thing, newest first."""
    chosen = select(*_LOG).where(EquipmentLogRow.equipment_id == equipment_id)
    rows = conn.execute(chosen.order_by(EquipmentLogRow.day.desc(), EquipmentLogRow.id.desc()).limit(limit))
    return [dict(row._mapping) for row in rows]


def _change(
    conn: Connection, current: Mapping[str, Any], revision: int, changes: Mapping[str, Any], now: datetime, kind: str
) -> int:
    unknown = sorted(set(changes) - {*FIELDS, "customer_id"})
    if unknown:
        raise Refused(f"{unknown[0]!r} of equipment cannot be changed.", field=unknown[0])
    row = {**current, **changes}
    _check(conn, {name: row[name] for name in FIELDS})
    if "customer_id" in changes:
        customers.require(conn, changes["customer_id"])
    changed = conn.execute(
        update(EquipmentRow)
        .where(EquipmentRow.id == current["id"], EquipmentRow.revision == revision)
        .values(**changes, next_service_on=_next(row), revision=revision + 1, changed_at=now)
    )
    if changed.rowcount != 1:
        raise Refused(
            "Somebody else changed this equipment meanwhile.", field="revision", next_step="Look at it again first."
        )
    cancel_about(conn, ABOUT, current["id"], now, kind.replace(".", "_"), before_revision=revision + 1)
    _tell(conn, kind, {**row, "revision": revision + 1}, now)
    return revision + 1


def _next(row: Mapping[str, Any]) -> date | None:
    return next_service(
        Upkeep(
            since=row["last_service_on"] or row["installed_on"],
            months=row["service_months"],
            every=row["service_every"],
            since_reading=row["last_service_reading"] or Decimal(0),
            reading=row["reading"],
            read_on=row["read_on"],
        )
    )


def _check(conn: Connection, row: Mapping[str, Any]) -> None:
    """Raises Refused naming the field that makes no equipment."""
    if unknown := sorted(set(row) - set(FIELDS)):
        raise Refused(f"Equipment has no {unknown[0]!r}.", field=unknown[0])
    if not str(row["name"]).strip():
        raise Refused("Equipment needs a name.", field="name")
    if row["state"] not in STATES:
        raise Refused(f"{row['state']!r} is no state of equipment: {', '.join(STATES)}.", field="state")
    if row["service_months"] is not None and not 0 < row["service_months"] <= LONGEST_MONTHS:
        raise Refused(f"A service comes every 1 to {LONGEST_MONTHS} months.", field="service_months")
    if row["service_every"] is not None and row["service_every"] <= 0:
        raise Refused("The interval of the meter must be more than nothing.", field="service_every")
    for name in ("service_every", "last_service_reading", "reading"):
        _check_number(row[name], name)
    if row["reading"] is not None and row["read_on"] is None:
        raise Refused("A reading needs its day.", field="read_on")
    for name in ("installed_on", "warranty_until", "last_service_on", "read_on"):
        if row[name] is not None and not 1900 <= row[name].year <= 2200:
            raise Refused(f"{row[name]} cannot be right.", field=name)
    if row["site_id"] is not None:
        customers.require(conn, row["site_id"])


def _check_number(number: Decimal | None, field: str) -> None:
    if number is None:
        return
    if not number.is_finite() or not 0 <= number < _LARGEST:
        raise Refused(f"{str(number)[:40]} cannot be right.", field=field)
    if number != round(number, 4):
        raise Refused(f"{number} has more than four decimal places.", field=field)


def _tell(conn: Connection, kind: str, row: Mapping[str, Any], now: datetime) -> None:
    due_on = row["next_service_on"].isoformat() if row["next_service_on"] else None
    data = {"equipment": row["id"], "revision": row["revision"], "next_service_on": due_on}
    emit(conn, [{"kind": kind, "customer_id": row["customer_id"], "interaction_id": None, "data": data, "at": now}])
