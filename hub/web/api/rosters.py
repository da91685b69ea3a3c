"""On-call rosters, what every caller hears first, and calls that staff asks for."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import call_flows as flows
from hub.desk import rosters as desk
from hub.desk.calling import Wanted
from hub.store import rosters as store
from hub.store.audit import Actor
from hub.store.call_world import Announcement, announcement
from hub.web import calling
from hub.web.api.call import KEY_HEADER, Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import ById, Data, Done, Given, Id, Items, Moment, Told

CALLERS = ("agent", "admin")
ANNOUNCERS = ("agent", "marketer", "admin")
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$", examples=["front_desk"])]
Definition = Annotated[
    dict[str, Any],
    Field(
        description="`title`, `time_zone`, the `people` in order, the `week` of shifts and the `days` that differ",
        examples=[
            {
                "title": "Front desk",
                "people": [{"name": "Ada", "number": "+14155550101"}],
                "week": [{"days": ["mon", "tue"], "hours": "09:00-17:00", "people": ["Ada"]}],
                "days": {"2026-12-25": []},
            }
        ],
    ),
]


class Roster(Told):
    """Whose phones ring when."""

    name: str
    title: str
    definition: Data
    changed_at: Moment
    changed_by: str


class ByRosterName(Given):
    name: Name


class RosterGiven(Given):
    definition: Definition


class AnnouncementGiven(Given):
    """What every caller hears first, by language, and whether it is said."""

    on: bool
    words: Annotated[dict[str, Annotated[str, Field(min_length=1, max_length=1000)]], Field(max_length=20)]


class AnnouncementTold(Told):
    on: bool
    words: Data


class CallGiven(Given):
    """`identity`: the customer's phone; `number`: staff's own, of a roster; `channel`: whose number is shown."""

    identity: Id
    number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", examples=["+14155550101"])]
    channel: Annotated[str, Field(max_length=80, examples=["main_phone"])]


class CallAsked(Told):
    to: str
    number: str
    state: str


@operation("GET", "/rosters", roles=READERS, summary="Every on-call roster")
async def list_rosters(call: Call) -> Items[Roster]:
    return Items[Roster](items=[Roster.model_validate(row) for row in await call.read(store.every)])


@operation("GET", "/rosters/{name}", roles=READERS, summary="One on-call roster")
async def get_roster(call: Call, path: ByRosterName) -> Roster:
    return Roster.model_validate(await call.read(store.get, path.name))


@operation("PUT", "/rosters/{name}", roles=EDITORS, summary="Save an on-call roster: the next call rings by it")
async def put_roster(call: Call, path: ByRosterName, body: RosterGiven) -> Roster:
    return await call.write(_put, path.name, body.definition, call.by, call.services.settings.hub.region)


def _put(conn: Connection, name: str, definition: dict[str, Any], by: Actor, region: str) -> Roster:
    desk.save_roster(conn, name, definition, by, region)
    return Roster.model_validate(store.get(conn, name))


@operation("DELETE", "/rosters/{name}", roles=EDITORS, summary="Remove an on-call roster that no call flow rings")
async def remove_roster(call: Call, path: ByRosterName) -> Done:
    await call.write(desk.remove_roster, path.name, call.by)
    return Done()


@operation("GET", "/call-announcement", roles=READERS, summary="What every caller hears first")
async def get_announcement(call: Call) -> AnnouncementTold:
    return AnnouncementTold.model_validate(await call.read(announcement))


@operation("PUT", "/call-announcement", roles=ANNOUNCERS, summary="Say something to every caller first, or no more")
async def put_announcement(call: Call, body: AnnouncementGiven) -> AnnouncementTold:
    await call.write(flows.announce, Announcement(body.on, body.words), call.by)
    return AnnouncementTold.model_validate(await call.read(announcement))


@operation(
    "POST",
    "/customers/{id}/calls",
    roles=CALLERS,
    summary="Ring a staff member's phone, then the customer's; with an Idempotency-Key once, however often it is asked",
)
async def place_call(call: Call, path: ById, body: CallGiven) -> CallAsked:
    asked_as = call.request.headers.get(KEY_HEADER, "")
    named = hashlib.sha256(f"{call.staff.id}/{asked_as}".encode()).hexdigest()
    wanted = Wanted(
        key=named[:32] if asked_as else secrets.token_urlsafe(12),
        channel=body.channel,
        customer_id=int(path.id),
        identity_id=int(body.identity),
        number=body.number,
    )
    asked = await calling.place(call.services, wanted, call.by)
    return CallAsked(to=asked.to, number=body.number, state="placed" if asked.new else asked.state)
