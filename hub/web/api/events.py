"""The feed of domain events: what happened, in order, from a cursor on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.insight import feed
from hub.insight.paging import read_id
from hub.web.api.call import Call
from hub.web.api.operation import operation
from hub.web.api.values import Data, Given, Id, Items, Limit, Line, Moment, Told


class Event(Told):
    """`kind` as customer.merged, appointment.moved, note.added."""

    id: Id
    kind: str
    customer_id: Id | None
    interaction_id: Id | None
    data: Data
    at: Moment


class EventQuery(Given):
    after: Annotated[str, Field(max_length=20, description="The `next` of the call before.")] = ""
    kind: Line = ""
    limit: Limit = 50


@operation(
    "GET", "/events", roles=("agent", "admin", "auditor"), summary="What happened, oldest first; always has `next`"
)
async def list_events(call: Call, query: EventQuery) -> Items[Event]:
    rows = await call.read(
        feed.events, call.now, after=read_id(query.after, "after") or 0, kind=query.kind, limit=query.limit
    )
    last = str(rows[-1].id) if rows else query.after or "0"
    return Items[Event].model_validate({"items": rows, "next": last})
