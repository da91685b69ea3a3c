"""Looking ahead: the days to come played through on a copy; who would get what, when, and why or why not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from hub.model.errors import NotFound
from hub.outreach.ahead import read_days
from hub.outreach.outlook import Foreseen
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, operation
from hub.web.api.values import Data, Given, Line, Moment, Told
from hub.web.travel_door import TravelDoor


class Look(Given):
    """How far: `30d`, `4w` or a number of days."""

    days: Annotated[Line, Field(examples=["30d"])]


class _Closed:
    """Says in the description what every answer's does: there are no other fields than these."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        handler.resolve_ref_schema(described)["additionalProperties"] = False
        return described


class LookedAhead(Told):
    """How far a look ahead is (`reached`), and what came of the last one: a page of it, in order of time.

    `next`: the `after` of the following page, null on the last one; `gets` of `found` would get something. `clocks`:
    where clocks change meanwhile; `waiting`: planned by the end, and due later.
    """

    running: bool
    days: int
    since: Moment | None
    reached: Moment | None
    error: str
    items: list[Annotated[Foreseen, _Closed()]]
    clocks: list[Data]
    waiting: int
    ready: bool
    found: int
    gets: int
    next: str | None


class FoundQuery(Given):
    after: Annotated[int, Field(ge=0, description="How many to leave out: `next` of the page before.")] = 0
    limit: Annotated[int, Field(ge=1, le=5_000)] = 1_000


@operation("POST", "/sandbox/ahead", roles=EDITORS, summary="Look ahead on a copy of the database: nothing is sent")
async def look_ahead(call: Call, body: Look) -> LookedAhead:
    door = _door(call)
    door.start(read_days(body.days))
    return _told(door, FoundQuery())


@operation("GET", "/sandbox/ahead", roles=EDITORS, summary="How far the last look ahead is, and what it found")
async def get_ahead(call: Call, query: FoundQuery) -> LookedAhead:
    return _told(_door(call), query)


@operation("POST", "/sandbox/ahead/stop", roles=EDITORS, summary="Stop looking ahead; what was found by then is lost")
async def stop_ahead(call: Call) -> LookedAhead:
    door = _door(call)
    await door.stop()
    return _told(door, FoundQuery())


def _door(call: Call) -> TravelDoor:
    door = call.services.travels
    if door is None:
        raise NotFound("This process does not look ahead.")
    return door


def _told(door: TravelDoor, query: FoundQuery) -> LookedAhead:
    found = door.ahead
    end = query.after + query.limit
    return LookedAhead.model_validate(
        {
            "running": door.running,
            "days": door.days,
            "since": door.since,
            "reached": door.reached,
            "error": door.error,
            "items": found.items[query.after : end] if found else [],
            "clocks": [{"zone": one.zone, "at": one.at.isoformat(), "minutes": one.minutes} for one in found.clocks]
            if found
            else [],
            "waiting": found.waiting if found else 0,
            "ready": found is not None,
            "found": len(found.items) if found else 0,
            "gets": found.items.gets if found else 0,
            "next": str(end) if found and end < len(found.items) else None,
        }
    )
