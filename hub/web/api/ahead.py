"""Looking ahead: the days to come played through on a copy; who would get what, when, and why or why not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.model.errors import NotFound
from hub.outreach.ahead import read_days
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, operation
from hub.web.api.values import Data, Given, Line, Moment, Told
from hub.web.travel_door import TravelDoor


class Look(Given):
    """How far: `30d`, `4w` or a number of days."""

    days: Annotated[Line, Field(examples=["30d"])]


class Foreseen(Told):
    """One message to come, or one that does not (`gets` is false), and why."""

    at: Moment
    local: str
    customer: int
    name: str
    to: str
    channel: str
    kind: str
    what: str
    gets: bool
    words: str


class LookedAhead(Told):
    """How far a look ahead is (`reached`), and what came of the last one. `clocks`: where clocks change meanwhile."""

    running: bool
    days: int
    since: Moment | None
    reached: Moment | None
    error: str
    items: list[Foreseen]
    clocks: list[Data]
    waiting: int
    ready: bool


@operation("POST", "/sandbox/ahead", roles=EDITORS, summary="Look ahead on a copy of the database: nothing is sent")
async def look_ahead(call: Call, body: Look) -> LookedAhead:
    door = _door(call)
    door.start(read_days(body.days))
    return _told(door)


@operation("GET", "/sandbox/ahead", roles=EDITORS, summary="How far the last look ahead is, and what it found")
async def get_ahead(call: Call) -> LookedAhead:
    return _told(_door(call))


def _door(call: Call) -> TravelDoor:
    door = call.services.travels
    if door is None:
        raise NotFound("This process does not look ahead.")
    return door


def _told(door: TravelDoor) -> LookedAhead:
    found = door.ahead
    return LookedAhead.model_validate(
        {
            "running": door.running,
            "days": door.days,
            "since": door.since,
            "reached": door.reached,
            "error": door.error,
            "items": list(found.items) if found else [],
            "clocks": [{"zone": one.zone, "at": one.at.isoformat(), "minutes": one.minutes} for one in found.clocks]
            if found
            else [],
            "waiting": found.waiting if found else 0,
            "ready": found is not None,
        }
    )
