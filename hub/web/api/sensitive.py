"""What is health-class: facts, channels, forms and conversations; who may see it, and who read of whom."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import sensitive as desk
from hub.store import customers, readings
from hub.store import sensitive as store
from hub.web.api.call import Call
from hub.web.api.operation import ADMIN, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told

_WATCHERS = ("admin", "auditor")
Kind = Literal["fact", "channel", "form"]


class Mark(Told):
    """A name that is health-class."""

    kind: Kind
    name: str
    marked_at: Moment
    marked_by: str


class ByMark(Given):
    kind: Kind
    name: Annotated[str, Field(min_length=1, max_length=80)]


class Marked(Told):
    """`naming`: templates and segments that name the fact: the ones are not sent any more, by the others no promotion
    is chosen.
    """

    naming: list[str]


class Sight(Given):
    sees: bool


class Reading(Told):
    """Who read what: fact:allergy, conversation:7; once an hour."""

    at: Moment
    staff_id: Id
    who: str
    what: str


@operation("GET", "/sensitive", roles=_WATCHERS, summary="What is marked as health-class")
async def list_sensitive(call: Call) -> Items[Mark]:
    return Items[Mark].model_validate({"items": await call.read(store.listed)})


@operation("PUT", "/sensitive/{kind}/{name}", roles=ADMIN, summary="Mark a fact, channel or form as health-class")
async def mark_sensitive(call: Call, path: ByMark) -> Marked:
    known = call.services.settings.channels
    return Marked(naming=await call.write(desk.mark, path.kind, path.name, call.by, channels=known))


@operation("DELETE", "/sensitive/{kind}/{name}", roles=ADMIN, summary="Take such a mark off")
async def unmark_sensitive(call: Call, path: ByMark) -> Done:
    await call.write(desk.unmark, path.kind, path.name, call.by)
    return Done()


@operation("PUT", "/staff/{id}/sight", roles=ADMIN, summary="Say whether somebody may see what is health-class")
async def give_sight(call: Call, path: ById, body: Sight) -> Done:
    await call.write(desk.give_sight, path.id, call.by, sees=body.sees)
    return Done()


@operation("PUT", "/conversations/{id}/sensitive", roles=WORKERS, summary="Mark a conversation as health-class")
async def mark_conversation(call: Call, path: ById) -> Done:
    await call.write(desk.mark_conversation, path.id, call.by, marked=True)
    return Done()


@operation("DELETE", "/conversations/{id}/sensitive", roles=WORKERS, summary="Take that mark off a conversation")
async def unmark_conversation(call: Call, path: ById) -> Done:
    await call.write(desk.mark_conversation, path.id, call.by, marked=False)
    return Done()


@operation("GET", "/customers/{id}/readings", roles=_WATCHERS, summary="Who read what health-class thing of a customer")
async def list_readings(call: Call, path: ById) -> Items[Reading]:
    return Items[Reading].model_validate({"items": await call.read(_readings, path.id)})


def _readings(conn: Connection, customer_id: int) -> list[dict[str, Any]]:
    customers.require(conn, customer_id)
    return readings.of_customer(conn, customer_id, 500)
