"""What is done with a campaign: looked at as a flight plan, tried on oneself, launched, paused, resumed, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import campaigns as desk
from hub.desk.campaigns import Stopped
from hub.insight.people import read_identity
from hub.model.campaign import CampaignState
from hub.model.errors import HubError, NotFound, Refused
from hub.outreach.campaigning.flight import flight_plan
from hub.outreach.campaigning.flight_told import FlightPlan
from hub.outreach.campaigning.flights import AT_ONCE, audience_of, read_plan
from hub.outreach.campaigning.testing import test_send
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.why import find_customer
from hub.store import campaigns, flights
from hub.web import audit
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _, ngettext
from hub.web.pages.campaigns import EDITORS, page
from hub.web.pages.fields import Form, form_of, path_id, read, text_of, write
from hub.web.pages.schedule_words import schedule_words
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*EDITORS)
async def plan(request: web.Request) -> web.Response:
    """Renders the campaign for its whole audience and shows who gets what, when, and who does not and why.

    For a large audience that is a job, whose page shows how far it is.
    """
    services, campaign_id, by = request.app[SERVICES], path_id(request), audit.by(request)
    try:
        campaign, total = await read(request, lambda conn, number: audience_of(conn, number, by.at), campaign_id)
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    if total <= AT_ONCE or campaign["state"] != CampaignState.DRAFT:
        return await _plan(request, campaign_id)
    await write(request, lambda conn, _arg: flights.ask(conn, campaign, total, by.name, by.at), None)
    services.nudge()
    return redirect(request, f"/campaigns/{campaign_id}/plan")


@allow(*EDITORS)
async def flight(request: web.Request) -> web.Response:
    """Shows the flight plan that was made last, or how far it is."""
    campaign_id = path_id(request)
    campaign = await read(request, campaigns.by_id, campaign_id)
    found = await read(request, flights.of_campaign, campaign_id)
    if found is None or found["version"] != campaign["version"] or campaign["state"] != CampaignState.DRAFT:
        return redirect(request, f"/campaigns/{campaign_id}")
    if found["state"] == flights.FAILED:
        return await page(request, campaign_id, problem=found["error"], status=422)
    if found["plan"] is None:
        return render(request, "flight_progress.html", campaign=campaign, flight=found)
    return _shown(request, campaign, read_plan(found["plan"]))


async def _plan(request: web.Request, campaign_id: int, *, problem: str = "") -> web.Response:
    services = request.app[SERVICES]
    house, book = house_of(request), rulebook_of(services.settings)
    try:
        flight = await flight_plan(services.database, campaign_id, house, book, services.clock())
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    return _shown(request, await read(request, campaigns.by_id, campaign_id), flight, problem=problem)


def _shown(request: web.Request, campaign: Mapping[str, Any], flight: FlightPlan, *, problem: str = "") -> web.Response:
    definition = campaigns.definition_of(campaign)
    fingerprint = flight.hash.partition("-")[0]
    named, lanes = (definition.channel, *definition.best_of), house_of(request).lanes
    return render(
        request,
        "flight_plan.html",
        status=422 if problem else 200,
        campaign=campaign,
        definition=definition,
        when=schedule_words(definition.schedule),
        plan=flight,
        channels=named,
        priced=[name for name in named if name in lanes and "mailto" not in lanes[name].schemes],
        problem=problem,
        needs_approval=request.app[SERVICES].settings.hub.campaigns_need_approval,
        approved=bool(fingerprint) and campaign["approved_hash"].partition("-")[0] == fingerprint,
        mine=campaign["approved_by_id"] == audit.by(request).staff_id,
    )


@allow(*EDITORS)
async def launch(request: web.Request) -> web.Response:
    """Launches a campaign as its flight plan showed it; where that is no longer so, a new plan is shown."""
    campaign_id, by = path_id(request), audit.by(request)
    services, form = request.app[SERVICES], await form_of(request)
    hub = services.settings.hub

    def act(conn: Connection, number: int) -> dict[str, Any]:
        return desk.launch(
            conn,
            number,
            text_of(form, "plan_hash"),
            by,
            business_zone=hub.time_zone,
            needs_approval=hub.campaigns_need_approval,
        )

    try:
        await write(request, act, campaign_id)
    except Refused as refused:
        if refused.field == "plan_hash":
            return await _plan(request, campaign_id, problem=told(refused))
        return await page(request, campaign_id, problem=told(refused), status=422)
    services.nudge()
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Launched."))


@allow(*EDITORS)
async def approve(request: web.Request) -> web.Response:
    """Approves a campaign as its flight plan shows it, for somebody else to launch."""
    campaign_id, by, form = path_id(request), audit.by(request), await form_of(request)
    try:
        await write(
            request, lambda conn, number: desk.approve(conn, number, text_of(form, "plan_hash"), by), campaign_id
        )
    except Refused as refused:
        return await _plan(request, campaign_id, problem=told(refused))
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Approved. Somebody else may launch it now."))


@allow(*EDITORS)
async def pause(request: web.Request) -> web.Response:
    """Stops a campaign at once and says how many are handed over already."""
    campaign_id, by = path_id(request), audit.by(request)
    try:
        stopped = await write(request, lambda conn, number: desk.pause(conn, number, by), campaign_id)
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Paused.") + " " + _left(stopped))


@allow(*EDITORS)
async def resume(request: web.Request) -> web.Response:
    """Goes on with a paused campaign."""
    campaign_id, by, services = path_id(request), audit.by(request), request.app[SERVICES]
    zone = services.settings.hub.time_zone
    try:
        await write(request, lambda conn, number: desk.resume(conn, number, by, business_zone=zone), campaign_id)
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    services.nudge()
    return redirect(request, f"/campaigns/{campaign_id}", say=_("It goes on."))


@allow(*EDITORS)
async def cancel(request: web.Request) -> web.Response:
    """Ends a campaign for good."""
    campaign_id, by = path_id(request), audit.by(request)
    try:
        stopped = await write(request, lambda conn, number: desk.cancel(conn, number, by), campaign_id)
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Cancelled.") + " " + _left(stopped))


def _left(stopped: Stopped) -> str:
    flying = ngettext(
        "%(num)s is handed over already and arrives.", "%(num)s are handed over already and arrive.", stopped.in_flight
    ) % {"num": stopped.in_flight}
    waiting = ngettext("%(num)s does not go out.", "%(num)s do not go out.", stopped.waiting) % {"num": stopped.waiting}
    return f"{flying} {waiting}"


@allow(*EDITORS)
async def clone(request: web.Request) -> web.Response:
    """Makes a draft like this campaign under another name."""
    campaign_id, by, form = path_id(request), audit.by(request), await form_of(request)
    name, title = text_of(form, "name").strip(), text_of(form, "title").strip()
    try:
        made = await write(request, lambda conn, number: desk.clone(conn, number, name, title, by), campaign_id)
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    return redirect(request, f"/campaigns/{made['id']}/change", say=_("This is the copy."))


@allow(*EDITORS)
async def try_it(request: web.Request) -> web.Response:
    """Sends the campaign's message to an address of staff, filled in for a customer or for somebody of its segment."""
    campaign_id, by, form = path_id(request), audit.by(request), await form_of(request)
    services, house = request.app[SERVICES], house_of(request)
    book = rulebook_of(services.settings)
    try:
        to = read_identity(text_of(form, "to").strip(), house.region)

        def act(conn: Connection, number: int) -> int:
            return test_send(conn, number, _customer(conn, form, house.region), to, house, by, book)

        message = await write(request, act, campaign_id)
    except (Refused, NotFound) as error:
        return await page(request, campaign_id, problem=_told(error), status=422)
    services.nudge()
    say = _("On its way to %s.") % to.value
    return redirect(request, f"/messages/{message}", say=say)


def _customer(conn: Connection, form: Form, region: str) -> int | None:
    who = text_of(form, "who").strip()
    return find_customer(conn, who, region) if who else None


def _told(error: HubError) -> str:
    return " ".join(part for part in (error.message, error.next_step) if part)


def routes() -> list[web.RouteDef]:
    number = r"/campaigns/{id:\d+}"
    return [
        web.post(f"{number}/plan", plan),
        web.get(f"{number}/plan", flight),
        web.post(f"{number}/approve", approve),
        web.post(f"{number}/launch", launch),
        web.post(f"{number}/pause", pause),
        web.post(f"{number}/resume", resume),
        web.post(f"{number}/cancel", cancel),
        web.post(f"{number}/clone", clone),
        web.post(f"{number}/test", try_it),
    ]
