"""Appointments: booked, moved, cancelled; one by one, by the id of another system, or many at once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from sqlalchemy import Connection

from hub.insight.paging import page_of, read_time_cursor, time_cursor
from hub.insight.people import read_identity
from hub.model.contact import Party
from hub.model.errors import NotFound, Refused
from hub.store import appointments as store
from hub.store import audit
from hub.store.audit import Actor
from hub.store.customers import hold_identities
from hub.store.tables.base import EPOCH
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Limit, Line, Moment, Told

State = Literal["booked", "confirmed", "cancelled", "attended", "missed"]
Zone = Annotated[str, Field(min_length=1, max_length=60, description="IANA name of the place, as Europe/Prague")]
Words = Annotated[str, Field(max_length=10_000)]
# So many take about 0.1 s of the one writer that SQLite has.
_MOST_AT_ONCE = 100
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


class Appointment(Told):
    """`revision` rises with every change, and what was planned about an earlier one is not sent."""

    id: Id
    customer_id: Id
    external_id: str | None
    title: str
    starts_at: Moment
    ends_at: Moment | None
    time_zone: str
    location: str
    note: str
    state: State
    revision: int
    source: str
    created_at: Moment
    changed_at: Moment


class NewAppointment(Given):
    """Whose it is says `customer_id`, or `identity` (ada@example.com, +1 415 555 0123): an unknown one is made.

    With an `external_id` known already, that appointment is changed to what is said here.
    """

    customer_id: Id | None = None
    identity: Line = ""
    name: Annotated[str, Field(max_length=200, description="What to call a customer who is made")] = ""
    title: Annotated[str, Field(min_length=1, max_length=300)]
    starts_at: Moment
    ends_at: Moment | None = None
    time_zone: Zone
    location: Line = ""
    note: Words = ""
    state: State = "booked"
    external_id: Line = ""

    @model_validator(mode="after")
    def _of_somebody(self) -> NewAppointment:
        if (self.customer_id is None) == (self.identity == ""):
            raise ValueError("name either customer_id or identity")
        return self


class AppointmentChange(Given):
    """What changes. `revision`: the one that was seen, so that no change of somebody else is undone."""

    revision: Annotated[int, Field(ge=1)] | None = None
    title: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    time_zone: Zone | None = None
    location: Line | None = None
    note: Words | None = None
    state: State | None = None


class Many(Given):
    items: Annotated[list[NewAppointment], Field(min_length=1, max_length=_MOST_AT_ONCE)]


class Outcome(Told):
    """What became of one item: created, changed, unchanged or refused."""

    position: int
    outcome: str
    id: Id | None = None
    problem: str = ""
    field: str = ""


class Outcomes(Told):
    """One outcome an item, in their order."""

    items: list[Outcome]


class AppointmentQuery(Given):
    start: Moment | None = None
    end: Moment | None = None
    customer: Id | None = None
    state: Annotated[tuple[State, ...], Field(max_length=5)] = ()
    after: Annotated[str, Field(max_length=60)] = ""
    limit: Limit = 50


@operation("GET", "/appointments", roles=READERS, summary="Appointments, the earliest first")
async def list_appointments(call: Call, query: AppointmentQuery) -> Items[Appointment]:
    return await call.read(_list, query)


def _list(conn: Connection, query: AppointmentQuery) -> Items[Appointment]:
    most, after, start, end = query.limit + 1, read_time_cursor(query.after), query.start or EPOCH, query.end or _LAST
    if query.customer is None:
        rows = store.between(conn, start, end, states=query.state, after=after, limit=most)
    else:
        rows = store.of_customer(conn, query.customer, since=start, states=query.state, after=after, limit=most)
        rows = [row for row in rows if row["starts_at"] < end]
    page = page_of(rows, query.limit, lambda row: time_cursor(row["starts_at"], row["id"]))
    return Items[Appointment].model_validate({"items": page.items, "next": page.next or None})


@operation("GET", "/appointments/{id}", roles=READERS, summary="One appointment")
async def get_appointment(call: Call, path: ById) -> Appointment:
    return await call.read(_get, path.id)


def _get(conn: Connection, appointment_id: int) -> Appointment:
    return Appointment.model_validate(store.get(conn, appointment_id))


@operation("POST", "/appointments", roles=WORKERS, summary="Book an appointment, or change a known one", creates=True)
async def create_appointment(call: Call, body: NewAppointment) -> Appointment:
    return await call.create(_create, body, call.region, call.by)


def _create(conn: Connection, body: NewAppointment, region: str, by: Actor) -> Appointment:
    made, outcome = _put(conn, body, region, by)
    if outcome != "unchanged":
        audit.note(conn, by, f"appointment.{outcome}", f"appointment/{made}")
    return _get(conn, made)


def _put(conn: Connection, body: NewAppointment, region: str, by: Actor) -> tuple[int, str]:
    """Books an appointment, or changes the one of its external id; returns its id and what was done."""
    customer_id = body.customer_id
    if customer_id is None:
        identity = read_identity(body.identity, region)
        customer_id = hold_identities(conn, [Party(identity, body.name)], by.at)[identity].customer_id
    fields: dict[str, Any] = {name: getattr(body, name) for name in ("title", "starts_at", "time_zone")}
    more = {name: value for name, value in body.named().items() if name in ("ends_at", "location", "note", "state")}
    if body.external_id:
        made, outcome = store.upsert(
            conn, body.external_id, customer_id=customer_id, now=by.at, source="api", **fields, **more
        )
    else:
        made, outcome = (
            store.create(conn, customer_id=customer_id, now=by.at, source="api", **fields, **more),
            "created",
        )
    return made, outcome


@operation("POST", "/appointments/many", roles=WORKERS, summary="Book or change many, each for itself", creates=True)
async def create_appointments(call: Call, body: Many) -> Outcomes:
    return await call.create(_create_many, body, call.region, call.by)


def _create_many(conn: Connection, body: Many, region: str, by: Actor) -> Outcomes:
    outcomes = []
    for position, item in enumerate(body.items):
        try:
            with conn.begin_nested():
                made, outcome = _put(conn, item, region, by)
            outcomes.append(Outcome(position=position, outcome=outcome, id=made))
        except (Refused, NotFound) as error:
            field = error.field if isinstance(error, Refused) else "customer_id"
            outcomes.append(Outcome(position=position, outcome="refused", problem=error.message, field=field))
    audit.note(conn, by, "appointments.imported", "", Counter(each.outcome for each in outcomes))
    return Outcomes(items=outcomes)


@operation("PATCH", "/appointments/{id}", roles=WORKERS, summary="Move, change, confirm or cancel an appointment")
async def change_appointment(call: Call, path: ById, body: AppointmentChange) -> Appointment:
    return await call.write(_change, path.id, body, call.by)


def _change(conn: Connection, appointment_id: int, body: AppointmentChange, by: Actor) -> Appointment:
    current = store.get(conn, appointment_id)
    revision = body.revision or current["revision"]
    changes = {name: value for name, value in body.named().items() if name not in ("revision", "state")}
    changes = {name: value for name, value in changes.items() if value is not None or name == "ends_at"}
    if "starts_at" in changes and "ends_at" not in changes and current["ends_at"] is not None:
        changes["ends_at"] = changes["starts_at"] + (current["ends_at"] - current["starts_at"])
    if changes:
        revision = store.edit(conn, appointment_id, revision=revision, changes=changes, now=by.at)
        audit.note(conn, by, "appointment.changed", f"appointment/{appointment_id}", {"fields": sorted(changes)})
    if body.state and body.state != current["state"]:
        _move_to(conn, appointment_id, body.state, revision, by)
    return _get(conn, appointment_id)


def _move_to(conn: Connection, appointment_id: int, state: str, revision: int, by: Actor) -> None:
    match state:
        case store.CANCELLED:
            store.cancel(conn, appointment_id, revision=revision, now=by.at)
        case store.CONFIRMED:
            store.confirm(conn, appointment_id, revision=revision, now=by.at)
        case "attended" | "missed":
            store.close(conn, appointment_id, revision=revision, attended=state == "attended", now=by.at)
        case _:
            raise Refused(
                "An appointment cannot be taken back to booked.", field="state", next_step="Book a new one instead."
            )
    audit.note(conn, by, f"appointment.{state}", f"appointment/{appointment_id}")
