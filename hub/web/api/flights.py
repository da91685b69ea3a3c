"""Flight plans of large audiences: asked for, made beside the calls, looked at when they are there."""

from __future__ import annotations

from sqlalchemy import Connection

from hub.model.campaign import CampaignState
from hub.model.errors import NotFound, Refused
from hub.outreach.campaigning.flights import audience_of
from hub.store import flights as store
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.campaigns import Plan
from hub.web.api.operation import EDITORS, operation
from hub.web.api.values import ById, Id, Moment, Told


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


@operation("POST", "/campaigns/{id}/flight", roles=EDITORS, summary="Have a flight plan made, for large audiences")
async def ask_flight(call: Call, path: ById) -> Flight:
    return await call.write(_ask, path.id, call.by)


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
