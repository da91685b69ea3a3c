"""Conversations that may be one matter: suggested, joined, kept apart."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection

from hub.desk import together as desk
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import READERS, WORKERS, operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told


class Suggested(Told):
    """Why another conversation may belong to one.

    A stranger or a forged sender refers to it, a mail refers to both though they are with different people, or the same
    customer has one with the same subject. `address`: whose mail it was.
    """

    conversation_id: Id
    reason: Literal["stranger", "forged", "both", "subject"]
    address: str
    subject: str
    name: str
    last_at: Moment
    state: str


class OtherGiven(Given):
    conversation_id: Id


class Joined(Told):
    """The one conversation that two became: the older of them."""

    conversation_id: Id


@operation("GET", "/conversations/{id}/suggestions", roles=READERS, summary="What may belong to a conversation")
async def list_conversation_suggestions(call: Call, path: ById) -> Items[Suggested]:
    found = await call.read(desk.suggestions, path.id)
    return Items[Suggested](items=[Suggested.model_validate(each) for each in found])


@operation("POST", "/conversations/{id}/join", roles=WORKERS, summary="Make one conversation of two")
async def join_conversations(call: Call, path: ById, body: OtherGiven) -> Joined:
    return await call.write(_join, path.id, body.conversation_id, call.by)


def _join(conn: Connection, one: int, other: int, by: Actor) -> Joined:
    return Joined(conversation_id=desk.join(conn, one, other, by))


class JoinedBefore(Told):
    """A conversation that was joined with this one; `interactions` and `since` go back to it when it is parted.

    `since`: how many came after the join and answer only what is its. `joined_by` is empty where a mail joined them.
    """

    join_id: Id
    conversation_id: Id
    subject: str
    name: str
    joined_at: Moment
    joined_by: str
    interactions: int
    since: int
    tasks: int
    people: list[str]


class JoinGiven(Given):
    join_id: Id


class Parted(Told):
    """The kept conversation, and the one that is its own again."""

    kept_id: Id
    conversation_id: Id


@operation("GET", "/conversations/{id}/joined", roles=READERS, summary="What was joined with a conversation")
async def list_joined_conversations(call: Call, path: ById) -> Items[JoinedBefore]:
    found = await call.read(desk.partings, path.id)
    return Items[JoinedBefore](items=[JoinedBefore.model_validate(each) for each in found])


@operation("POST", "/conversations/{id}/part", roles=WORKERS, summary="Part two joined conversations again")
async def part_conversations(call: Call, path: ById, body: JoinGiven) -> Parted:
    return await call.write(_part, path.id, body.join_id, call.by)


def _part(conn: Connection, conversation_id: int, join_id: int, by: Actor) -> Parted:
    kept, gone = desk.part(conn, conversation_id, join_id, by)
    return Parted(kept_id=kept, conversation_id=gone)


@operation("POST", "/conversations/{id}/apart", roles=WORKERS, summary="Note that two conversations are apart")
async def keep_conversations_apart(call: Call, path: ById, body: OtherGiven) -> Done:
    await call.write(desk.keep_apart, path.id, body.conversation_id, call.by)
    return Done()
