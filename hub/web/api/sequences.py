"""Sequences: steps that follow an event, in versions; switched on and off; who is on the way, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from channels.base import Sends
from hub.desk import sequences as desk
from hub.outreach.sequencing.results import results
from hub.outreach.sequencing.webhooks import secret_of
from hub.store import enrolments
from hub.store import sequences as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.kept import DefinitionVersion, NextVersion
from hub.web.api.operation import ADMIN, EDITORS, READERS, operation
from hub.web.api.values import ById, Data, Done, Given, Id, Items, Limit, Line, Moment, Told

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$", examples=["after_purchase"])]
Definition = Annotated[
    dict[str, Any],
    Field(
        description="`title`, `entry` (what lets a customer in), `late_minutes`, `leaves_at_reply`, `start` and the "
        "`steps` by name: send, wait, wait_reply, branch, task, webhook, end",
        examples=[
            {
                "title": "After the first purchase",
                "entry": {"on": "purchase", "again_days": 90},
                "leaves_at_reply": True,
                "start": "pause",
                "steps": {
                    "pause": {"kind": "wait", "minutes": 4320, "at": "10:00", "next": "ask"},
                    "ask": {"kind": "send", "template": "review_request", "channel": "outgoing_mail"},
                },
            }
        ],
    ),
]


class Sequence(DefinitionVersion):
    """One version of a sequence."""


class SequenceGiven(NextVersion):
    """A new version. `based_on`: the version that was seen (0: there is none yet), so that nothing is undone unseen."""

    definition: Definition


class BySequence(Given):
    name: Name


class Switched(Told):
    """Whether a sequence is off, on or paused."""

    name: str
    state: str
    changed_at: Moment | None
    changed_by: str


class SwitchGiven(Given):
    state: Literal["on", "off", "paused"]


class StepResults(Told):
    """What came of one step; `waiting`: who stands before it."""

    step: str
    waiting: int
    outcomes: dict[str, int]
    messages: dict[str, int]


class SequenceResults(Told):
    """How many entered; `active`, `done` and all of `left` sum to them."""

    entered: int
    active: int
    done: int
    left: dict[str, int]
    steps: dict[str, StepResults]


class Enrolment(Told):
    """Somebody's way through a sequence; `state`: active, done or left (`why`); `step`: the next one, `due_at`."""

    id: Id
    sequence: str
    customer_id: Id
    round: int
    state: str
    step: str
    due_at: Moment
    why: str
    entered_at: Moment
    ended_at: Moment | None


class EnrolmentStep(Told):
    position: int
    step: str
    kind: str
    outcome: str
    detail: Data
    message_id: Id | None
    at: Moment


class EnrolmentQuery(Given):
    """`state`: active, done or left; `step`: who stands before it; `after`: the last one of the page before."""

    state: Line = ""
    step: Line = ""
    after: Id | None = None
    limit: Limit = 50


class PutIn(Given):
    customer_id: Id


class Secret(Told):
    """What a sequence's webhooks are signed with (Standard Webhooks)."""

    secret: str


@operation("GET", "/sequences", roles=READERS, summary="The version in force of every sequence")
async def list_sequences(call: Call) -> Items[Sequence]:
    return Items[Sequence](items=[Sequence.model_validate(row) for row in await call.read(store.all_current)])


@operation("GET", "/sequences/{name}", roles=READERS, summary="One sequence, as it is in force")
async def get_sequence(call: Call, path: BySequence) -> Sequence:
    return Sequence.model_validate(await call.read(store.current, path.name))


@operation("GET", "/sequences/{name}/versions", roles=READERS, summary="Every version of a sequence, newest first")
async def list_sequence_versions(call: Call, path: BySequence) -> Items[Sequence]:
    return Items[Sequence](items=[Sequence.model_validate(row) for row in await call.read(store.versions, path.name)])


@operation("PUT", "/sequences/{name}", roles=EDITORS, summary="Save a sequence, by which customers enter from now on")
async def put_sequence(call: Call, path: BySequence, body: SequenceGiven) -> Sequence:
    return await call.write(_put, path.name, body, call.by)


def _put(conn: Connection, name: str, body: SequenceGiven, by: Actor) -> Sequence:
    desk.save_sequence(conn, name, body.definition, by, based_on=body.based_on)
    return Sequence.model_validate(store.current(conn, name))


@operation("DELETE", "/sequences/{name}", roles=EDITORS, summary="Take a sequence off; its versions stay")
async def retire_sequence(call: Call, path: BySequence) -> Done:
    await call.write(desk.retire_sequence, path.name, call.by)
    return Done()


@operation("GET", "/sequences/{name}/switch", roles=READERS, summary="Whether a sequence is on")
async def get_sequence_switch(call: Call, path: BySequence) -> Switched:
    await call.read(store.current, path.name)
    return Switched.model_validate(await call.read(store.switch, path.name))


@operation("PUT", "/sequences/{name}/switch", roles=EDITORS, summary="Switch a sequence on, off, or pause it")
async def put_sequence_switch(call: Call, path: BySequence, body: SwitchGiven) -> Switched:
    sending = [name for name, channel in call.services.channels.items() if isinstance(channel, Sends)]
    found = await call.write(desk.switch_sequence, path.name, body.state, call.by, channels=sending)
    return Switched.model_validate(found)


@operation("GET", "/sequences/{name}/results", roles=READERS, summary="How many entered, and what came of each step")
async def get_sequence_results(call: Call, path: BySequence) -> SequenceResults:
    await call.read(store.versions, path.name)
    return SequenceResults.model_validate(await call.read(results, path.name))


@operation("GET", "/sequences/{name}/webhook-secret", roles=ADMIN, summary="What a sequence's webhooks are signed with")
async def get_sequence_secret(call: Call, path: BySequence) -> Secret:
    await call.read(store.versions, path.name)
    return Secret(secret=secret_of(call.services.keys, path.name))


@operation("GET", "/sequences/{name}/enrolments", roles=READERS, summary="Who is or was on the way through a sequence")
async def list_enrolments(call: Call, path: BySequence, query: EnrolmentQuery) -> Items[Enrolment]:
    await call.read(store.versions, path.name)
    found = await call.read(
        enrolments.people,
        path.name,
        state=query.state,
        step=query.step,
        after=query.after or 0,
        limit=query.limit,
    )
    following = str(found[-1]["id"]) if len(found) == query.limit else None
    return Items[Enrolment].model_validate({"items": found, "next": following})


@operation("POST", "/sequences/{name}/enrolments", roles=EDITORS, summary="Let a customer in by hand", creates=True)
async def add_enrolment(call: Call, path: BySequence, body: PutIn) -> Enrolment:
    return await call.create(_put_in, path.name, body.customer_id, call.by)


def _put_in(conn: Connection, name: str, customer: int, by: Actor) -> Enrolment:
    return Enrolment.model_validate(enrolments.by_id(conn, desk.put_in(conn, name, customer, by)))


@operation("GET", "/enrolments/{id}/steps", roles=READERS, summary="The steps that somebody took through a sequence")
async def list_enrolment_steps(call: Call, path: ById) -> Items[EnrolmentStep]:
    await call.read(enrolments.by_id, path.id)
    return Items[EnrolmentStep].model_validate({"items": await call.read(enrolments.steps_of, path.id)})


@operation("DELETE", "/enrolments/{id}", roles=EDITORS, summary="Take somebody out of a sequence")
async def remove_enrolment(call: Call, path: ById) -> Done:
    await call.write(desk.take_out, path.id, call.by)
    return Done()
