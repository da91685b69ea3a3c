"""Segments: who is meant, in versions; counted and sampled before they are saved."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import segments as desk
from hub.insight.audience import meant
from hub.model.segment import Segment as Conditions
from hub.model.segment import read_segment
from hub.store import audience
from hub.store import segments as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.kept import NextVersion, Version
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import Data, Done, Given, Id, Items, Told

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$", examples=["recent_buyers"])]
_FIELDS = ("id", "name", "version", "title", "active", "created_at", "created_by")
ConditionsJson = Annotated[
    dict[str, Any],
    Field(
        description="Groups `all`, `any` and `not`, nested up to four deep, and rows {about, is, ...}",
        examples=[{"all": [{"about": "purchases", "is": "has", "days": 90}]}],
    ),
]


class Segment(Version):
    """One version of a segment; `says`: what each row says, in English."""

    conditions: Data
    says: list[str]


class ByName(Given):
    name: Name


class SegmentGiven(NextVersion):
    """A new version. `based_on`: the version that was seen (0: there is none yet), so that nothing is undone unseen."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    conditions: ConditionsJson


class PreviewGiven(Given):
    """Conditions that need not be saved; `sample`: how many people to name."""

    conditions: ConditionsJson
    sample: Annotated[int, Field(ge=0, le=50)] = 5


class SampledCustomer(Told):
    id: Id
    name: str


class SegmentPreview(Told):
    """How many belong now, of how many customers, and some of them from all over."""

    count: int
    everybody: int
    sample: list[SampledCustomer]
    says: list[str]


class ByNameAndCustomer(Given):
    name: Name
    customer_id: Id


class WhyRow(Told):
    says: str
    holds: bool


class Why(Told):
    """Whether a customer belongs, and what is so of each row."""

    belongs: bool
    rows: list[WhyRow]


@operation("GET", "/segments", roles=READERS, summary="The version in force of every segment")
async def list_segments(call: Call) -> Items[Segment]:
    return await call.read(_list)


def _list(conn: Connection) -> Items[Segment]:
    return Items[Segment](items=[_told(row) for row in store.all_current(conn)])


@operation("GET", "/segments/{name}", roles=READERS, summary="One segment, as it is in force")
async def get_segment(call: Call, path: ByName) -> Segment:
    return _told(await call.read(store.current, path.name))


@operation("GET", "/segments/{name}/versions", roles=READERS, summary="Every version of a segment, newest first")
async def list_segment_versions(call: Call, path: ByName) -> Items[Segment]:
    return Items[Segment](items=[_told(row) for row in await call.read(store.versions, path.name)])


@operation("PUT", "/segments/{name}", roles=EDITORS, summary="Save a segment: a new version, in force from now on")
async def put_segment(call: Call, path: ByName, body: SegmentGiven) -> Segment:
    return await call.write(_put, path.name, body, call.by)


def _put(conn: Connection, name: str, body: SegmentGiven, by: Actor) -> Segment:
    desk.save_segment(conn, name, body.title, body.conditions, by, based_on=body.based_on)
    return _told(store.current(conn, name))


@operation("DELETE", "/segments/{name}", roles=EDITORS, summary="Take a segment off; its versions stay")
async def retire_segment(call: Call, path: ByName) -> Done:
    await call.write(desk.retire_segment, path.name, call.by)
    return Done()


@operation(
    "POST", "/segments/preview", roles=("agent", *EDITORS), summary="Who conditions mean now, without saving them"
)
async def preview_segment(call: Call, body: PreviewGiven) -> SegmentPreview:
    segment = read_segment(body.conditions)
    found = await call.read(meant, segment, call.services.business_now(), shown=body.sample or 1)
    return SegmentPreview(
        count=found.count,
        everybody=found.everybody,
        sample=[SampledCustomer.model_validate(each) for each in found.sample[: body.sample]],
        says=_says(segment),
    )


@operation(
    "GET",
    "/segments/{name}/why/{customer_id}",
    roles=READERS,
    summary="Why a customer belongs to a segment, or does not",
)
async def explain_segment(call: Call, path: ByNameAndCustomer) -> Why:
    segment = (await call.read(store.current, path.name)).segment
    now = call.services.business_now()
    rows = await call.read(audience.explain, segment, now, path.customer_id)
    inside = await call.read(audience.belongs, segment, now, path.customer_id)
    return Why(belongs=inside, rows=[WhyRow(says=str(said), holds=so) for said, so in rows])


def _told(row: store.SegmentVersion) -> Segment:
    fields = {
        name: getattr(row, name) for name in ("id", "name", "version", "title", "active", "created_at", "created_by")
    }
    return Segment(**fields, conditions=dict(row.conditions), says=_says(row.segment))


def _says(segment: Conditions) -> list[str]:
    return [f"not: {row.say()}" if opposite else str(row.say()) for row, opposite in segment.rows()]
