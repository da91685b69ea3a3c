"""Invitations: the calendar events that mails brought, and what one call makes of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import invitations as desk
from hub.model.errors import NotFound
from hub.store import interactions, veil
from hub.store import invitations as store
from hub.store.audit import Actor
from hub.store.invitations import Invitation as Kept
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Given, Id, Items, Moment, Told

Step = Literal["book", "change", "cancel", "confirm", ""]


class Person(Told):
    """Somebody whom an event names; `answer`: accepted, declined, tentative, delegated or empty."""

    name: str
    address: str
    answer: str


class Invitation(Told):
    """One event of a mail. `step`: what POST does with it; `replaced`: a later mail says otherwise.

    `repeats` is the rule as it stands in the calendar: it is shown, and never expanded.
    """

    id: Id
    interaction_id: Id
    customer_id: Id
    uid: str
    method: str
    sequence: int
    title: str
    description: str
    location: str
    starts_at: Moment | None
    ends_at: Moment | None
    time_zone: str
    all_day: bool
    repeats: bool
    organiser: Person
    attendees: list[Person]
    replaced: bool
    step: Step
    appointment_id: Id | None


class StepGiven(Given):
    """The step that was seen, so that nothing else is done when a later mail came meanwhile."""

    step: Annotated[Step, Field(min_length=1)]


class Acted(Told):
    """What was done; empty where it had been done before."""

    appointment_id: Id
    step: Step


@operation("GET", "/interactions/{id}/invitations", roles=READERS, summary="The calendar events that a mail brought")
async def list_invitations(call: Call, path: ById) -> Items[Invitation]:
    found = await call.read(_of_interaction, path.id)
    local = call.services.settings.hub.time_zone
    return Items[Invitation](items=[_told(each, local) for each in found])


def _of_interaction(conn: Connection, interaction: int) -> tuple[Kept, ...]:
    if not interactions.by_ids(conn, [interaction]):
        raise NotFound(f"There is no interaction {interaction}.")
    veil.require_interaction(conn, interaction)
    return store.of_interactions(conn, [interaction]).get(interaction, ())


def _told(kept: Kept, local: str) -> Invitation:
    event = kept.event_in(local)
    same = ("uid", "sequence", "title", "description", "location", "starts_at", "ends_at", "time_zone", "all_day")
    return Invitation(
        **{name: getattr(event, name) for name in same},
        id=kept.id,
        interaction_id=kept.interaction_id,
        customer_id=kept.customer_id,
        method=event.method.value,
        repeats=event.repeats is not None,
        organiser=Person.model_validate(event.organiser),
        attendees=[Person.model_validate(each) for each in event.attendees],
        replaced=kept.replaced,
        step=kept.step(local).value,
        appointment_id=kept.appointment["id"] if kept.appointment else None,
    )


@operation(
    "POST", "/invitations/{id}", roles=WORKERS, summary="Make, change, confirm or cancel an invitation's appointment"
)
async def act_on_invitation(call: Call, path: ById, body: StepGiven) -> Acted:
    return await call.write(_act, path.id, body.step, call.services.settings.hub.time_zone, call.by)


def _act(conn: Connection, invitation_id: int, step: str, time_zone: str, by: Actor) -> Acted:
    made, done = desk.act(conn, invitation_id, step, time_zone, by)
    return Acted(appointment_id=made, step=done.value)
