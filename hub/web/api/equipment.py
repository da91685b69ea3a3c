"""Equipment: what stands with customers, when its next service is due, and what was done to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk.equipment_import import import_equipment
from hub.model.equipment import LONGEST_MONTHS
from hub.store import audit
from hub.store import equipment as store
from hub.store.audit import Actor
from hub.web.api.appointment_file import file_and_fields, is_dry
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.record_file import RecordFileReport
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Money, Told

Name = Annotated[str, Field(min_length=1, max_length=300)]
Months = Annotated[int, Field(ge=1, le=LONGEST_MONTHS)]
Note = Annotated[str, Field(max_length=10_000)]
State = Literal["in_use", "retired"]


class Equipment(Told):
    """A thing of `customer_id`'s, perhaps with somebody else (`site_id`); `next_service_on` follows from the rest."""

    id: Id
    customer_id: Id
    site_id: Id | None
    external_id: str | None
    name: str
    sku: str
    model: str
    serial: str
    location: str
    note: str
    installed_on: date | None
    warranty_until: date | None
    service_months: int | None
    service_every: Money | None
    unit: str
    last_service_on: date | None
    last_service_reading: Money | None
    reading: Money | None
    read_on: date | None
    next_service_on: date | None
    state: State
    revision: int
    source: str
    created_at: Moment
    changed_at: Moment


class LogEntry(Told):
    """A service, a reading or a fault."""

    id: Id
    kind: Literal["service", "reading", "fault"]
    day: date
    reading: Money | None
    fault_code: str
    note: str
    staff_id: Id | None
    created_at: Moment


class EquipmentWithLog(Equipment):
    log: list[LogEntry]


class EquipmentFields(Given):
    """`service_every` is how far the meter runs between two services, in `unit`."""

    site_id: Id | None = None
    sku: Line = ""
    model: Line = ""
    serial: Line = ""
    location: Line = ""
    note: Note = ""
    installed_on: date | None = None
    warranty_until: date | None = None
    service_months: Months | None = None
    service_every: Money | None = None
    unit: Annotated[str, Field(max_length=30)] = ""
    last_service_on: date | None = None
    last_service_reading: Money | None = None
    reading: Money | None = None
    read_on: date | None = None
    state: State = "in_use"


class NewEquipment(EquipmentFields):
    customer_id: Id
    external_id: Annotated[str, Field(max_length=300)] = ""
    name: Name


class EquipmentChange(EquipmentFields):
    """`revision`: the one that was seen."""

    revision: int
    name: Name = ""


class NewEntry(Given):
    kind: Literal["service", "reading", "fault"]
    day: date
    reading: Money | None = None
    fault_code: Annotated[str, Field(max_length=100)] = ""
    note: Note = ""


class EquipmentQuery(Given):
    """Of a customer, as owner or where it stands; else what is in use and to be serviced by a day."""

    customer: Id | None = None
    due_by: date | None = None
    limit: Limit = 50


@operation("GET", "/equipment", roles=READERS, summary="Equipment of a customer, or what is due for a service")
async def list_equipment(call: Call, query: EquipmentQuery) -> Items[Equipment]:
    return await call.read(_list, query)


def _list(conn: Connection, query: EquipmentQuery) -> Items[Equipment]:
    if query.customer is not None:
        rows = store.of_customer(conn, query.customer, limit=query.limit)
    else:
        rows = store.due(conn, None, query.due_by or date.max, limit=query.limit)
    return Items[Equipment].model_validate({"items": rows})


@operation("GET", "/equipment/{id}", roles=READERS, summary="One thing with its services, readings and faults")
async def get_equipment(call: Call, path: ById) -> EquipmentWithLog:
    return await call.read(_get, path.id)


def _get(conn: Connection, equipment_id: int) -> EquipmentWithLog:
    row = store.get(conn, equipment_id)
    return EquipmentWithLog.model_validate({**row, "log": store.log_of(conn, equipment_id)})


@operation("POST", "/equipment", roles=WORKERS, summary="Add a thing of a customer's", creates=True)
async def add_equipment(call: Call, body: NewEquipment) -> EquipmentWithLog:
    return await call.create(_add, body.named(), call.by)


def _add(conn: Connection, fields: dict[str, Any], by: Actor) -> EquipmentWithLog:
    made = store.create(conn, now=by.at, source="api", **fields)
    audit.note(conn, by, "equipment.created", f"equipment/{made}")
    return _get(conn, made)


@operation("PATCH", "/equipment/{id}", roles=WORKERS, summary="Change a thing; what waited about it is planned anew")
async def change_equipment(call: Call, path: ById, body: EquipmentChange) -> EquipmentWithLog:
    changes = {name: value for name, value in body.named().items() if name != "revision"}
    return await call.write(_change, path.id, body.revision, changes, call.by)


def _change(conn: Connection, equipment_id: int, revision: int, changes: dict[str, Any], by: Actor) -> EquipmentWithLog:
    store.edit(conn, equipment_id, revision=revision, changes=changes, now=by.at)
    audit.note(conn, by, "equipment.changed", f"equipment/{equipment_id}", {"fields": sorted(changes)})
    return _get(conn, equipment_id)


@operation("POST", "/equipment/{id}/log", roles=WORKERS, summary="Enter a service, a reading or a fault", creates=True)
async def enter_in_log(call: Call, path: ById, body: NewEntry) -> EquipmentWithLog:
    return await call.create(_enter, path.id, body.named(), call.by)


def _enter(conn: Connection, equipment_id: int, fields: dict[str, Any], by: Actor) -> EquipmentWithLog:
    store.log(conn, equipment_id, now=by.at, staff_id=by.staff_id, **fields)
    audit.note(conn, by, f"equipment.{fields['kind']}", f"equipment/{equipment_id}")
    return _get(conn, equipment_id)


async def import_equipment_file(call: Call) -> RecordFileReport:
    """Takes in a file of equipment, or only tries it."""
    content, told = await file_and_fields(call)
    dry = is_dry(told)
    region = call.services.settings.hub.region
    report = await import_equipment(call.services.database, content, call.now, region=region, dry=dry)
    if not dry:
        await call.write(audit.note, call.by, "equipment.imported", "", report.counts)
        call.services.nudge()
    return RecordFileReport.model_validate(report)


importing = FileOperation(
    method="POST",
    path="/equipment/file",
    roles=WORKERS,
    summary="Import a file of equipment: multipart/form-data with `file`, perhaps `dry`",
    status=200,
    creates=False,
    run=import_equipment_file,
    inputs={},
    answer=RecordFileReport,
)
