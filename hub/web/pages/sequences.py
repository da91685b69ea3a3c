"""Sequences: what follows an event, drawn and edited step by step; switched on and off; who is on the way."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import sequences as desk
from hub.insight.paging import read_id
from hub.model.errors import HubError, NotFound, Refused
from hub.model.naming import name_of
from hub.model.sequence import Asks, Trigger
from hub.model.sequence_definition import KINDS, TESTS, read_sequence
from hub.outreach.sequencing.results import results
from hub.outreach.why import find_customer
from hub.store import enrolments, forms, segments, sequences, templates
from hub.web import audit, calling
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.drawn import drawn
from hub.web.pages.fields import EVERYBODY, form_of, path_id, read, text_of, write
from hub.web.pages.kept_versions import Studio, versions_shown
from hub.web.pages.sequence_draft import UNITS, WAYS, Draft, definition_of, draft_of, new_draft, posted_draft
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[a-z0-9_]{1,60}}"
_SHOWN = 50


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the sequences, whether each is on, and how many are on the way."""

    def ask(conn: Connection, _arg: None) -> list[dict[str, Any]]:
        switches = sequences.switches(conn)
        return [
            {
                "row": row,
                "state": switches[row.name].state if row.name in switches else sequences.OFF,
                "results": results(conn, row.name),
                "on": row.definition.get("entry", {}).get("on", ""),
            }
            for row in sequences.all_current(conn)
        ]

    return render(request, "sequences.html", listed=await read(request, ask, None))


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new sequence."""
    return await _editor(request, new_draft(), based_on=0)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a sequence: its picture with what came of each step, its steps, its versions (`?version=`)."""
    return await _page(request, request.match_info["name"])


async def _page(request: web.Request, name: str, *, error: HubError | None = None, status: int = 200) -> web.Response:
    every, shown = await versions_shown(request, sequences.versions, name)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {"switch": sequences.switch(conn, name), "results": results(conn, name)}

    found = await read(request, ask, None)
    draft = draft_of(shown.told)
    return await _editor(
        request, draft, based_on=every[0].version, name=name, error=error, status=status, versions=every, shown=shown,
        **found,
    )  # fmt: skip


async def _editor(
    request: web.Request,
    draft: Draft,
    *,
    based_on: int,
    name: str = "",
    error: HubError | None = None,
    status: int = 200,
    **more: Any,
) -> web.Response:
    steps, problem = None, error
    try:
        steps = read_sequence(definition_of(draft))
    except Refused as refused:
        # Nobody has said anything wrong on a page that was only just opened.
        problem = problem or (refused if based_on or draft["title"] else None)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {
            "templates": sorted({row["name"] for row in templates.listed(conn)}),
            "segments": segments.all_current(conn),
            "forms": [row for row in forms.newest(conn) if row["active"]],
        }

    found = await read(request, ask, None)
    page: dict[str, Any] = {"versions": [], "shown": None, "switch": None, "results": None, "typed": "", **more}
    return render(
        request,
        "sequence.html",
        status=status,
        draft=draft,
        name=name,
        based_on=based_on,
        problem=told(problem) if isinstance(problem, Refused) else problem.message if problem else "",
        wrong=problem.field if isinstance(problem, Refused) else "",
        sequence=steps,
        picture=drawn(steps.start, steps.steps) if steps else None,
        kinds=KINDS,
        ways=WAYS,
        units=list(UNITS),
        triggers=list(Trigger),
        asks=list(Asks),
        tests=TESTS,
        lanes=[lane for lane in house_of(request).lanes.values() if lane.reaches],
        keyless=calling.keyless(request.app[SERVICES]),
        **found,
        **page,
    )


def _free_name(conn: Connection, draft: Draft) -> str:
    return name_of(draft["title"], "sequence", sequences.names(conn))


_STUDIO = Studio("/sequences", posted_draft, definition_of, desk.save_sequence, _editor, _free_name)


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new sequence, or shows the page again with another step or with what is wrong."""
    return await _STUDIO.keep(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores a sequence's next version, by which customers enter from now on; earlier ones stay."""
    return await _STUDIO.keep(request, request.match_info["name"])


@allow(*EDITORS)
async def switch(request: web.Request) -> web.Response:
    """Switches a sequence on, off or pauses it."""
    name, by = request.match_info["name"], audit.by(request)
    state = text_of(await form_of(request), "state")
    sending = list(house_of(request).lanes)

    def act(conn: Connection, wanted: str) -> sequences.Switch:
        return desk.switch_sequence(conn, name, wanted, by, channels=sending)

    try:
        await write(request, act, state)
    except Refused as error:
        return await _page(request, name, error=error, status=422)
    request.app[SERVICES].nudge()
    said = {"on": _("It is on."), "paused": _("It is paused."), "off": _("It is off.")}
    return redirect(request, f"/sequences/{name}", say=said.get(state, ""))


@allow(*EDITORS)
async def retire(request: web.Request) -> web.Response:
    """Takes a sequence off the list; saving it again brings it back."""
    name, by = request.match_info["name"], audit.by(request)
    try:
        await write(request, lambda conn, _arg: desk.retire_sequence(conn, name, by), None)
    except Refused as error:
        return await _page(request, name, error=error, status=422)
    return redirect(request, "/sequences", say=_("Taken off. Its versions are kept."))


@allow(*EVERYBODY)
async def people(request: web.Request) -> web.Response:
    """Lists who is or was on the way through a sequence."""
    name, after = request.match_info["name"], read_id(request.query.get("after", ""), "after") or 0
    state, step = request.query.get("state", "")[:20], request.query.get("step", "")[:60]

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        rows = enrolments.people(conn, name, state=state, step=step, after=after, limit=_SHOWN + 1)
        return {"title": sequences.versions(conn, name)[0].title, "people": rows}

    found = await read(request, ask, None)
    following = found["people"][_SHOWN - 1]["id"] if len(found["people"]) > _SHOWN else None
    found["people"] = found["people"][:_SHOWN]
    return render(request, "sequence_people.html", name=name, state=state, step=step, next=following, **found)


@allow(*EVERYBODY)
async def enrolment(request: web.Request) -> web.Response:
    """Shows the steps that somebody took."""

    def ask(conn: Connection, number: int) -> dict[str, Any]:
        return {"enrolment": enrolments.by_id(conn, number), "steps": enrolments.steps_of(conn, number)}

    return render(request, "enrolment.html", **await read(request, ask, path_id(request)))


@allow(*EDITORS)
async def put_in(request: web.Request) -> web.Response:
    """Lets a customer in by hand."""
    name, by, posted = request.match_info["name"], audit.by(request), await form_of(request)
    region = request.app[SERVICES].settings.hub.region

    def act(conn: Connection, who: str) -> int:
        return desk.put_in(conn, name, find_customer(conn, who, region), by)

    try:
        made = await write(request, act, text_of(posted, "who").strip())
    except (Refused, NotFound) as error:
        return await _page(request, name, error=error, status=422)
    return redirect(request, f"/enrolments/{made}", say=_("They are on the way."))


@allow(*EDITORS)
async def take_out(request: web.Request) -> web.Response:
    """Takes somebody out of a sequence."""
    number, by = path_id(request), audit.by(request)
    await write(request, lambda conn, _arg: desk.take_out(conn, number, by), None)
    return redirect(request, f"/enrolments/{number}", say=_("Taken out. What waited is not sent."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sequences", show_all),
        web.get("/sequences/new", begin),
        web.post("/sequences", create),
        web.get(f"/sequences/{_NAME}", show),
        web.post(f"/sequences/{_NAME}", change),
        web.post(f"/sequences/{_NAME}/switch", switch),
        web.post(f"/sequences/{_NAME}/retire", retire),
        web.get(f"/sequences/{_NAME}/people", people),
        web.post(f"/sequences/{_NAME}/people", put_in),
        web.get(r"/enrolments/{id:\d+}", enrolment),
        web.post(r"/enrolments/{id:\d+}/leave", take_out),
    ]
