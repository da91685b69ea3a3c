"""Campaigns: written, launched as their flight plan showed them, paused, resumed, cancelled."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import campaigns as desk
from hub.model.errors import Refused
from hub.model.identity import Identity, email_identity, phone_identity
from hub.outreach.campaigning.testing import test_send
from hub.outreach.house import House
from hub.outreach.quiet_hours import rulebook_of
from hub.store import campaigns as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import ById, Data, Given, Id, Items, Line, Moment, Told

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["winter_offer"])]
Title = Annotated[str, Field(max_length=200)]
_DEFINITION = {
    "segment": "recent_buyers",
    "template": "winter_offer",
    "channel": "main_number",
    "schedule": {"kind": "once", "at": "2026-12-01T09:00", "zone": "recipient"},
    "late_minutes": 60,
    "variables": {"code": "WINTER10"},
}
Definition = Annotated[dict[str, Any], Field(examples=[_DEFINITION])]


class Campaign(Told):
    """A campaign; `state`: draft, scheduled, running, paused, done or cancelled."""

    id: Id
    name: str
    title: str
    state: str
    version: int
    definition: Data
    next_run_at: Moment | None
    launched_at: Moment | None
    launched_by: str
    approved_at: Moment | None
    approved_by: str
    created_at: Moment
    changed_at: Moment


class CampaignVersion(Told):
    version: int
    title: str
    definition: Data
    created_at: Moment
    created_by: str


class NewCampaign(Given):
    """`definition`: whom it goes to (segment), what it says (template), by which channel and when (schedule).

    `best_of` in it: other channels, one of which takes the channel's place for who writes to us mostly that way.
    """

    name: Name
    title: Title = ""
    definition: Definition


class CampaignChange(Given):
    title: Title
    definition: Definition


class Plan(Told):
    """What a launch now would do; a launch wants its `hash`. `audience` is `messages` and all of `skipped`.

    `costs`: of texts by country, `total_costs` by currency, `unpriced`: for how many messages nobody knows a price.
    `ends_at`: when the last one leaves at `per_second` parts; `law`: where its `kind` is a promotion, for how many.
    `labels`: how many begin with which label; `existing`: how many go to people who did not agree but bought.
    `channels`: how many go by which, `arms`: how many get which variant.
    """

    campaign: Id
    version: int
    hash: str
    ready: bool
    audience: int
    messages: int
    skipped: Data
    gated: Data
    why: Data
    errors: list[Data]
    error_count: int
    empty: Data
    languages: Data
    parts: Data
    total_parts: int
    shared: int
    hours: Data
    first_at: Moment | None
    last_at: Moment | None
    samples: list[Data]
    warnings: list[str]
    costs: list[Data]
    total_costs: Data
    unpriced: int
    ends_at: Moment | None
    too_late: int
    per_second: float
    kind: str
    law: Data
    labels: Data
    existing: int
    channels: Data = Field(default_factory=dict)
    arms: Data = Field(default_factory=dict)


class Launch(Given):
    """`plan_hash`: of the flight plan that was looked at."""

    plan_hash: Line


class Stopped(Told):
    """`in_flight`: messages handed over already, which arrive; `waiting`: those that do not go out."""

    campaign: Campaign
    in_flight: int
    waiting: int


class Clone(Given):
    name: Name
    title: Title = ""


class Test(Given):
    """`to`: an address of your own; `customer_id`: for whom it is written, by default somebody of the segment."""

    to: Annotated[str, Field(min_length=3, max_length=320)]
    customer_id: Id | None = None


class Tested(Told):
    message_id: Id


@operation("GET", "/campaigns", roles=READERS, summary="Every campaign, the last changed first")
async def list_campaigns(call: Call) -> Items[Campaign]:
    return Items[Campaign].model_validate({"items": await call.read(store.listed)})


@operation("POST", "/campaigns", roles=EDITORS, summary="Write a campaign, a draft until its launch", creates=True)
async def add_campaign(call: Call, body: NewCampaign) -> Campaign:
    return await call.create(_save, body.name, body.title, body.definition, call.by)


def _save(conn: Connection, name: str, title: str, definition: dict[str, Any], by: Actor) -> Campaign:
    made = desk.save(conn, name=name, title=title, definition=definition, by=by)
    store.pins(conn, store.definition_of(made))
    return _told(made)


@operation("GET", "/campaigns/{id}", roles=READERS, summary="One campaign")
async def get_campaign(call: Call, path: ById) -> Campaign:
    return _told(await call.read(store.by_id, path.id))


@operation("PUT", "/campaigns/{id}", roles=EDITORS, summary="Write a campaign anew: a new version, and a draft again")
async def change_campaign(call: Call, path: ById, body: CampaignChange) -> Campaign:
    return await call.write(_change, path.id, body, call.by)


def _change(conn: Connection, campaign_id: int, body: CampaignChange, by: Actor) -> Campaign:
    name = store.by_id(conn, campaign_id)["name"]
    made = desk.save(conn, name=name, title=body.title, definition=body.definition, by=by, campaign_id=campaign_id)
    store.pins(conn, store.definition_of(made))
    return _told(made)


@operation("GET", "/campaigns/{id}/versions", roles=READERS, summary="Every version of a campaign, newest first")
async def list_campaign_versions(call: Call, path: ById) -> Items[CampaignVersion]:
    await call.read(store.by_id, path.id)
    return Items[CampaignVersion].model_validate({"items": await call.read(store.versions, path.id)})


@operation("POST", "/campaigns/{id}/launch", roles=EDITORS, summary="Launch a campaign as its flight plan showed it")
async def launch_campaign(call: Call, path: ById, body: Launch) -> Campaign:
    hub = call.services.settings.hub
    asked = hub.campaigns_need_approval
    return _told(
        await call.write(
            desk.launch, path.id, body.plan_hash, call.by, business_zone=hub.time_zone, needs_approval=asked
        )
    )


@operation("POST", "/campaigns/{id}/approve", roles=EDITORS, summary="Approve a campaign, for somebody else to launch")
async def approve_campaign(call: Call, path: ById, body: Launch) -> Campaign:
    return _told(await call.write(desk.approve, path.id, body.plan_hash, call.by))


@operation("POST", "/campaigns/{id}/pause", roles=EDITORS, summary="Stop a campaign at once, to be resumed")
async def pause_campaign(call: Call, path: ById) -> Stopped:
    return Stopped.model_validate(await call.write(desk.pause, path.id, call.by))


@operation("POST", "/campaigns/{id}/resume", roles=EDITORS, summary="Go on with a paused campaign")
async def resume_campaign(call: Call, path: ById) -> Campaign:
    zone = call.services.settings.hub.time_zone
    resumed = _told(await call.write(desk.resume, path.id, call.by, business_zone=zone))
    call.services.nudge()
    return resumed


@operation("POST", "/campaigns/{id}/cancel", roles=EDITORS, summary="End a campaign for good")
async def cancel_campaign(call: Call, path: ById) -> Stopped:
    return Stopped.model_validate(await call.write(desk.cancel, path.id, call.by))


@operation("POST", "/campaigns/{id}/clone", roles=EDITORS, summary="Write a draft like another campaign", creates=True)
async def clone_campaign(call: Call, path: ById, body: Clone) -> Campaign:
    return await call.create(_clone, path.id, body, call.by)


def _clone(conn: Connection, campaign_id: int, body: Clone, by: Actor) -> Campaign:
    return _told(desk.clone(conn, campaign_id, body.name, body.title, by))


@operation("POST", "/campaigns/{id}/test", roles=EDITORS, summary="Send a campaign's message to yourself", creates=True)
async def test_campaign(call: Call, path: ById, body: Test) -> Tested:
    to = _identity(body.to, call.region)
    made = await call.create(_test, path.id, body.customer_id, to, call)
    call.services.nudge()
    return made


def _test(conn: Connection, campaign_id: int, customer_id: int | None, to: Identity, call: Call) -> Tested:
    rulebook = rulebook_of(call.services.settings)
    return Tested(message_id=test_send(conn, campaign_id, customer_id, to, _house(call), call.by, rulebook))


def _identity(written: str, region: str) -> Identity:
    found = email_identity(written) if "@" in written else phone_identity(written, region)
    if found is None:
        raise Refused(f"{written[:60]!r} is no address.", field="to")
    return found


def _house(call: Call) -> House:
    services = call.services
    return House.of(services.settings, services.channels, services.public_url, services.keys)


def _told(row: dict[str, Any]) -> Campaign:
    return Campaign.model_validate(row)
