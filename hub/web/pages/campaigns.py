"""Campaigns: what is said to whom and when; listed, written in plain fields, and shown with how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, func, select

from hub.desk import campaigns as desk
from hub.model.campaign import EDITABLE
from hub.model.errors import NotFound, Refused
from hub.model.outbound import Purpose
from hub.outreach.house import House
from hub.store import audience, campaigns, runs, segments, templates
from hub.store.tables import MessageRow
from hub.web import audit
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages import template_draft
from hub.web.pages.campaign_draft import Draft, draft_of, posted
from hub.web.pages.fields import EVERYBODY, form_of, path_id, read, text_of, write
from hub.web.pages.schedule_words import schedule_words
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_RUNS = 50


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the campaigns with their state and next run."""

    def ask(conn: Connection, _arg: None) -> list[dict[str, Any]]:
        return [{**row, "said": campaigns.definition_of(row)} for row in campaigns.listed(conn)]

    return render(request, "campaigns.html", listed=await read(request, ask, None), when=schedule_words)


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new campaign, for a segment or with a template where the address names one."""
    draft = Draft(segment=request.query.get("segment", "")[:60], template=request.query.get("template", "")[:60])
    return await _editor(request, draft)


@allow(*EDITORS)
async def edit(request: web.Request) -> web.Response:
    """Shows a campaign as fields, while it is not on its way."""
    row = await read(request, campaigns.by_id, path_id(request))
    return await _editor(request, draft_of(row["name"], row["title"], campaigns.definition_of(row)), row)


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new campaign as a draft; what is refused comes back as it was typed."""
    return await _save(request, None)


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores the next version of a campaign, a draft again."""
    return await _save(request, await read(request, campaigns.by_id, path_id(request)))


async def _save(request: web.Request, row: Mapping[str, Any] | None) -> web.Response:
    form, by = await form_of(request), audit.by(request)
    draft = posted(form, row["name"] if row else "")
    if text_of(form, "act") != "save":
        return await _editor(request, draft, row)

    def act(conn: Connection, definition: Mapping[str, Any]) -> int:
        campaign_id = row["id"] if row else None
        saved = desk.save(
            conn, name=draft.name, title=draft.title, definition=definition, by=by, campaign_id=campaign_id
        )
        # What it names must be there: said now, not at the flight plan.
        campaigns.pins(conn, campaigns.definition_of(saved))
        return int(saved["id"])

    try:
        if draft.channel not in house_of(request).lanes:
            raise Refused(_("Choose the channel that it goes out by."), field="channel")
        if draft.or_by and draft.or_by not in house_of(request).lanes:
            raise Refused(_("Choose the channel that it goes out by."), field="best_of")
        campaign_id = await write(request, act, draft.definition())
    except Refused as refused:
        return await _editor(request, draft, row, refused=refused)
    return redirect(request, f"/campaigns/{campaign_id}", say=_("Saved. Look at the flight plan before you launch."))


async def _editor(
    request: web.Request, draft: Draft, row: Mapping[str, Any] | None = None, *, refused: Refused | None = None
) -> web.Response:
    house = house_of(request)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        promotional = [each for each in templates.listed(conn) if each["purpose"] == Purpose.PROMOTIONAL]
        return {
            "segments": segments.all_current(conn),
            "templates": sorted({each["name"] for each in promotional}),
        }

    found = await read(request, ask, None)
    form = await form_of(request) if request.method == "POST" else request.query
    return render(
        request,
        "campaign_form.html",
        status=422 if refused else 200,
        draft=draft,
        campaign=row,
        locked=row is not None and row["state"] not in EDITABLE,
        problem=told(refused) if refused else "",
        wrong=refused.field if refused else "",
        lanes=[lane for lane in house.lanes.values() if lane.schemes],
        time_zone=house.time_zone,
        counted=await _count(request, draft.segment),
        seen=await template_draft.look_at(request, draft.template, form, campaign=_facts(draft)),
        **found,
    )


def _facts(draft: Draft) -> dict[str, Any]:
    """Returns what the template may say of this campaign, as far as it can be read."""
    try:
        variables = draft.definition()["variables"]
    except Refused:
        variables = {}
    return runs.campaign_facts(draft.name, draft.title or draft.name, {"variables": variables})


@allow(*EVERYBODY)
async def count(request: web.Request) -> web.Response:
    """Says how many people a segment has now, as a part of the page."""
    counted = await _count(request, request.query.get("segment", "")[:60])
    return render(request, "campaign_form.html", block="people", counted=counted)


async def _count(request: web.Request, segment: str) -> int | None:
    now = request.app[SERVICES].business_now()

    def ask(conn: Connection, name: str) -> int:
        return audience.count(conn, segments.current(conn, name).segment, now)

    try:
        return await read(request, ask, segment) if segment else None
    except (NotFound, Refused):
        return None


@allow(*EDITORS)
async def preview(request: web.Request) -> web.Response:
    """Shows how the chosen template looks for somebody, as a part of the page."""
    form = await form_of(request)
    draft = posted(form)
    seen = await template_draft.look_at(request, draft.template, form, campaign=_facts(draft))
    return render(request, "campaign_form.html", block="seen", seen=seen, draft=draft)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a campaign: what it is, what can be done with it, its runs and how far the last one is."""
    return await page(request, path_id(request))


async def page(request: web.Request, campaign_id: int, *, problem: str = "", status: int = 200) -> web.Response:
    """Returns a campaign's page. `problem`: why something was refused;"""

    def ask(conn: Connection, number: int) -> dict[str, Any]:
        row = campaigns.by_id(conn, number)
        executed = runs.of_campaign(conn, number, limit=_RUNS)
        definition = campaigns.definition_of(row)
        try:
            segment = segments.current(conn, definition.segment).title
        except NotFound:
            segment = ""
        return {
            "campaign": row,
            "definition": definition,
            "segment_title": segment,
            "runs": executed,
            "progress": progress_of(conn, executed[0]) if executed else None,
            "versions": campaigns.versions(conn, number),
            "editable": row["state"] in EDITABLE,
        }

    found = await read(request, ask, campaign_id)
    house: House = house_of(request)
    lane = house.lanes.get(found["definition"].channel)
    return render(
        request,
        "campaign.html",
        status=status,
        problem=problem,
        when=schedule_words(found["definition"].schedule),
        mail=lane is not None and "mailto" in lane.schemes,
        public_url=request.app[SERVICES].public_url,
        **found,
    )


def progress_of(conn: Connection, run: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how far a run is: its people by what became of them, in the order of their way."""
    states = runs.states(conn, run["id"])
    groups = {name: sum(states.get(state, 0) for state in these) for name, these in _GROUPS.items()}
    groups["not_sent"] += run["audience"] - sum(states.values())
    waits = (MessageRow.run_id == run["id"]) & MessageRow.state.in_(_GROUPS["waiting"])
    return {
        "run": run,
        "groups": groups,
        "decided": groups["sent"] + groups["not_sent"],
        "next_at": conn.scalar(select(func.min(MessageRow.due_at)).where(waits)) if groups["waiting"] else None,
    }


_GROUPS = {
    "waiting": ("planned", "ready", "held", "retry_wait"),
    "on_its_way": ("claimed", "submitting", "unknown"),
    "sent": ("accepted",),
    "not_sent": ("suppressed", "cancelled", "expired", "failed", "abandoned"),
}


def routes() -> list[web.RouteDef]:
    number = r"/campaigns/{id:\d+}"
    return [
        web.get("/campaigns", show_all),
        web.get("/campaigns/new", begin),
        web.get("/campaigns/count", count),
        web.post("/campaigns/preview", preview),
        web.post("/campaigns", create),
        web.get(number, show),
        web.get(f"{number}/change", edit),
        web.post(number, change),
    ]
