"""Flight plans: of small audiences answered at once, of large ones made beside the calls and asked for until they are
there.
"""

from __future__ import annotations

from sqlalchemy import Connection

from hub.model.campaign import CampaignState
from hub.model.errors import NotFound, Refused
from hub.outreach.campaigning.flight import flight_plan
from hub.outreach.campaigning.flights import AT_ONCE, audience_of
from hub.outreach.quiet_hours import rulebook_of
from hub.store import flights as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.campaigns import Plan
from hub.web.api.operation import EDITORS, operation
from hub.web.api.values import ById, Id, Moment, Told
from hub.web.house import house_of


class Flight(Told):
    """How far a flight plan is: `state` is asked, made or failed; `seen` of about `total` people are gone through."""

    campaign_id: Id
    version: int
    state: str
    seen: int
    total: int
    plan: Plan | None
    error: str
    asked_at: Moment
    asked_by: str
    finished_at: Moment | None


@operation(
    "POST",
    "/campaigns/{id}/flight-plan",
    roles=EDITORS,
    summary="Who would get what, and who not",
    later="/campaigns/{id}/flight",
)
async def plan_campaign(call: Call, path: ById) -> Plan | Flight:
    campaign, total = await call.read(audience_of, path.id, call.now)
    if total > AT_ONCE and campaign["state"] == CampaignState.DRAFT:
        return await _asked(call, path.id)
    services = call.services
    found = await flight_plan(
        services.database, path.id, house_of(call.request), rulebook_of(services.settings), call.now
    )
    return Plan.model_validate(found.as_json())


@operation("POST", "/campaigns/{id}/flight", roles=EDITORS, summary="Have a flight plan made, whatever its size")
async def ask_flight(call: Call, path: ById) -> Flight:
    return await _asked(call, path.id)


async def _asked(call: Call, campaign_id: int) -> Flight:
    asked = await call.write(_ask, campaign_id, call.by)
    call.services.nudge()
    return asked


def _ask(conn: Connection, campaign_id: int, by: Actor) -> Flight:
    campaign, total = audience_of(conn, campaign_id, by.at)
    if campaign["state"] != CampaignState.DRAFT:
        raise Refused("Only a draft has a flight plan.", next_step="Clone it to send it again.")
    store.ask(conn, campaign, total, by.name, by.at)
    return Flight.model_validate(store.of_campaign(conn, campaign_id))


@operation("GET", "/campaigns/{id}/flight", roles=EDITORS, summary="The flight plan that was asked for last")
async def get_flight(call: Call, path: ById) -> Flight:
    found = await call.read(store.of_campaign, path.id)
    if found is None:
        raise NotFound("No flight plan of this campaign was asked for.", next_step="Ask for one by POST.")
    return Flight.model_validate(found)
