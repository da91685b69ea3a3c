"""What is done with a campaign: looked at as a flight plan, tried on oneself, launched, paused, resumed, cancelled."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import campaigns as desk
from hub.desk.campaigns import Stopped
from hub.insight.people import read_identity
from hub.model.errors import HubError, NotFound, Refused
from hub.outreach.campaigning.flight import flight_plan
from hub.outreach.campaigning.testing import test_send
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.why import find_customer
from hub.store import campaigns
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _, ngettext
from hub.web.pages.campaign_draft import schedule_words
from hub.web.pages.campaigns import EDITORS, page
from hub.web.pages.fields import Form, form_of, path_id, read, text_of, write
from hub.web.pages.template_draft import house_of
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*EDITORS)
async def plan(request: web.Request) -> web.Response:
    """Renders the campaign for its whole audience and shows who gets what, when, and who does not and why."""
    return await _plan(request, path_id(request))


async def _plan(request: web.Request, campaign_id: int, *, problem: str = "") -> web.Response:
    services = request.app[SERVICES]
    house, book = house_of(request), rulebook_of(services.settings)
    try:
        flight = await flight_plan(services.database, campaign_id, house, book, services.clock())
    except Refused as refused:
        return await page(request, campaign_id, problem=told(refused), status=422)
    campaign = await read(request, campaigns.by_id, campaign_id)
    definition = campaigns.definition_of(campaign)
    return render(
        request,
        "flight_plan.html",
        status=422 if problem else 200,
        campaign=campaign,
        definition=definition,
        when=schedule_words(definition.schedule),
        plan=flight,
        problem=problem,
    )


@allow(*EDITORS)
async def launch(request: web.Request) -> web.Response:
    """Launches a campaign as its flight plan showed it; where that is no longer so, a new plan is shown."""
    campaign_id, by = path_id(request), audit.by(request)
    services, form = request.app[SERVICES], await form_of(request)
    zone = services.settings.hub.time_zone

    def act(conn: Connection, number: int) -> dict[str, Any]:
        return desk.launch(conn, number, text_of(form, "plan_hash"), by, business_zone=zone)

    try:
        await write(request, act, campaign_id)
    except Refused as refused:
        if refused.field == "plan_hash":
            return await _plan(request, campaign_id, problem=told(refused))
        return await page(request, campaign_id, problem=told(refused), status=422)
    services.nudge()
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Launched."))


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
        web.post(f"{number}/launch", launch),
        web.post(f"{number}/pause", pause),
        web.post(f"{number}/resume", resume),
        web.post(f"{number}/cancel", cancel),
        web.post(f"{number}/clone", clone),
        web.post(f"{number}/test", try_it),
    ]
