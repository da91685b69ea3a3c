"""The waiting list: who would like to come earlier, and free slots that they are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.outreach.house import House
from hub.outreach.slots import offer_slot
from hub.store import audit
from hub.store import slots as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told

Title = Annotated[str, Field(min_length=1, max_length=300)]


class WaitingPlace(Told):
    id: Id
    customer_id: Id
    title: str
    not_before: date | None
    not_after: date | None
    created_at: Moment


class NewPlace(Given):
    """Who waits for the same already keeps their place."""

    customer_id: Id
    title: Title
    not_before: date | None = None
    not_after: date | None = None


class Asked(Told):
    """`state`: asked, took, declined or late (told that somebody was faster)."""

    customer_id: Id
    state: str


class Slot(Told):
    """`state`: open, taken or closed; taken, it is an appointment."""

    id: Id
    title: str
    starts_at: Moment
    ends_at: Moment | None
    time_zone: str
    location: str
    channel: str
    state: str
    appointment_id: Id | None
    asked: list[Asked]


class NewSlot(Given):
    """Everybody who waits for this `title` on that day is asked at once by `channel`."""

    title: Title
    starts_at: Moment
    ends_at: Moment | None = None
    time_zone: Annotated[str, Field(max_length=60)] = ""
    location: Annotated[str, Field(max_length=300)] = ""
    channel: Annotated[str, Field(min_length=1, max_length=80)]


class Taking(Given):
    customer_id: Id


@operation("GET", "/waiting-list", roles=READERS, summary="Who waits for a free slot, the longest first")
async def list_waiting(call: Call) -> Items[WaitingPlace]:
    return Items[WaitingPlace].model_validate({"items": await call.read(store.places)})


@operation("POST", "/waiting-list", roles=WORKERS, summary="Put a customer on the waiting list", creates=True)
async def join_waiting_list(call: Call, body: NewPlace) -> WaitingPlace:
    return await call.create(_join, body, call.by)


def _join(conn: Connection, body: NewPlace, by: Actor) -> WaitingPlace:
    span = {"not_before": body.not_before, "not_after": body.not_after}
    place = store.wait(conn, body.customer_id, body.title, by.at, **span)
    audit.note(conn, by, "waiting_list.joined", f"customer/{body.customer_id}", {"place": place})
    return next(WaitingPlace.model_validate(row) for row in store.places(conn, title=body.title) if row["id"] == place)


@operation("DELETE", "/waiting-list/{id}", roles=WORKERS, summary="Take a customer off the waiting list")
async def leave_waiting_list(call: Call, path: ById) -> Done:
    await call.write(_leave, path.id, call.by)
    return Done()


def _leave(conn: Connection, place: int, by: Actor) -> None:
    store.leave(conn, place, by.at)
    audit.note(conn, by, "waiting_list.left", f"waiting_place/{place}")


@operation("GET", "/free-slots", roles=READERS, summary="Slots to come that are or were offered")
async def list_free_slots(call: Call) -> Items[Slot]:
    return await call.read(_list, call.now)


def _list(conn: Connection, now: Any) -> Items[Slot]:
    return Items[Slot](items=_told(conn, store.listed(conn, now)))


@operation("POST", "/free-slots", roles=WORKERS, summary="Offer a free slot to who waits for it", creates=True)
async def offer_free_slot(call: Call, body: NewSlot) -> Slot:
    services = call.services
    house = House.of(services.settings, services.channels, services.public_url, services.keys)
    fields = body.model_dump()
    fields["time_zone"] = body.time_zone or services.settings.hub.time_zone
    made = await call.create(_offer, fields, house, call.by)
    services.nudge()
    return made


def _offer(conn: Connection, fields: Mapping[str, Any], house: House, by: Actor) -> Slot:
    slot, asked = offer_slot(conn, fields, house, by.at, by.staff_id)
    audit.note(conn, by, "slot.offered", f"slot/{slot}", {"asked": asked})
    return _one(conn, slot)


@operation("POST", "/free-slots/{id}/take", roles=WORKERS, summary="Give a slot to one who was asked, if it is free")
async def take_free_slot(call: Call, path: ById, body: Taking) -> Slot:
    taken = await call.write(_take, path.id, body.customer_id, call.by)
    call.services.nudge()
    return taken


def _take(conn: Connection, slot: int, customer: int, by: Actor) -> Slot:
    made = store.take(conn, slot, customer, by.at)
    if made is None:
        raise Refused("Somebody else has it already, or it was withdrawn.", field="id")
    audit.note(conn, by, "slot.taken", f"slot/{slot}", {"appointment": made})
    return _one(conn, slot)


@operation("DELETE", "/free-slots/{id}", roles=WORKERS, summary="Withdraw a slot that nobody took")
async def withdraw_free_slot(call: Call, path: ById) -> Done:
    await call.write(_withdraw, path.id, call.by)
    return Done()


def _withdraw(conn: Connection, slot: int, by: Actor) -> None:
    store.close(conn, slot, by.at)
    audit.note(conn, by, "slot.withdrawn", f"slot/{slot}")


def _one(conn: Connection, slot: int) -> Slot:
    return _told(conn, [store.get(conn, slot)])[0]


def _told(conn: Connection, rows: list[dict[str, Any]]) -> list[Slot]:
    asked = store.asked_about(conn, [row["id"] for row in rows])
    return [
        Slot.model_validate({**row, "asked": [one for one in asked if one["slot_id"] == row["id"]]}) for row in rows
    ]
