"""Call flows: what callers are led through, in versions, and which channel's calls follow which."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from channels.base import Follows
from hub.desk import call_flows as desk
from hub.model.errors import NotFound
from hub.store import call_flows as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.kept import DefinitionVersion, NextVersion
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Done, Given, Items, Told

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$", examples=["main_phone"])]
Definition = Annotated[
    dict[str, Any],
    Field(
        description="`title`, `languages`, `time_zone`, `voices`, `start` and the `steps` by name: "
        "say, hours, menu, languages, ring, voicemail, hangup",
        examples=[
            {
                "title": "A greeting, then a message",
                "languages": ["en"],
                "start": "hello",
                "steps": {
                    "hello": {"kind": "say", "words": {"en": "Nobody is here."}, "next": "message"},
                    "message": {"kind": "voicemail", "max_seconds": 120},
                },
            }
        ],
    ),
]


class CallFlow(DefinitionVersion):
    """One version of a call flow."""


class ByFlowName(Given):
    name: Name


class CallFlowGiven(NextVersion):
    """A new version. `based_on`: the version that was seen (0: there is none yet), so that nothing is undone unseen."""

    definition: Definition


class ByLine(Given):
    name: Annotated[str, Field(examples=["main_phone"])]


class FollowGiven(Given):
    """Which flow to follow; an empty `flow`: that of the channel's own name, else the greeting of its settings."""

    flow: Annotated[str, Field(max_length=80)]


class Followed(Told):
    """What a channel's calls follow: `chosen` for it, and the `flow` in force.

    `flow` is null for the greeting of its settings, and for a channel that takes no calls.
    """

    channel: str
    chosen: str
    flow: str | None


@operation("GET", "/call-flows", roles=READERS, summary="The version in force of every call flow")
async def list_call_flows(call: Call) -> Items[CallFlow]:
    return Items[CallFlow](items=[CallFlow.model_validate(row) for row in await call.read(store.all_current)])


@operation("GET", "/call-flows/{name}", roles=READERS, summary="One call flow, as it is in force")
async def get_call_flow(call: Call, path: ByFlowName) -> CallFlow:
    return CallFlow.model_validate(await call.read(store.current, path.name))


@operation("GET", "/call-flows/{name}/versions", roles=READERS, summary="Every version of a call flow, newest first")
async def list_call_flow_versions(call: Call, path: ByFlowName) -> Items[CallFlow]:
    return Items[CallFlow](items=[CallFlow.model_validate(row) for row in await call.read(store.versions, path.name)])


@operation("PUT", "/call-flows/{name}", roles=EDITORS, summary="Save a call flow: the next call follows it")
async def put_call_flow(call: Call, path: ByFlowName, body: CallFlowGiven) -> CallFlow:
    return await call.write(_put, path.name, body, call.by)


def _put(conn: Connection, name: str, body: CallFlowGiven, by: Actor) -> CallFlow:
    desk.save_call_flow(conn, name, body.definition, by, based_on=body.based_on)
    return CallFlow.model_validate(store.current(conn, name))


@operation("DELETE", "/call-flows/{name}", roles=EDITORS, summary="Take a call flow off; its versions stay")
async def retire_call_flow(call: Call, path: ByFlowName) -> Done:
    await call.write(desk.retire_call_flow, path.name, call.by)
    return Done()


@operation("GET", "/channels/{name}/call-flow", roles=READERS, summary="Which call flow a channel's calls follow")
async def get_followed(call: Call, path: ByLine) -> Followed:
    channel = call.services.channels.get(path.name)
    if channel is None:
        raise NotFound(f"There is no channel {path.name!r}.")
    if not isinstance(channel, Follows):
        return Followed(channel=path.name, chosen="", flow=None)
    return await call.read(_followed, path.name)


@operation("PUT", "/channels/{name}/call-flow", roles=EDITORS, summary="Let a channel's calls follow a call flow")
async def put_followed(call: Call, path: ByLine, body: FollowGiven) -> Followed:
    if not isinstance(call.services.channels.get(path.name), Follows):
        raise NotFound(f"There is no channel {path.name!r} that takes calls.")
    return await call.write(_choose, path.name, body.flow, call.by)


def _choose(conn: Connection, channel: str, flow: str, by: Actor) -> Followed:
    desk.choose_call_flow(conn, channel, flow, by)
    return _followed(conn, channel)


def _followed(conn: Connection, channel: str) -> Followed:
    row = store.followed(conn, channel)
    return Followed(
        channel=channel, chosen=store.choices(conn).get(channel, ""), flow=row.name if row is not None else None
    )
