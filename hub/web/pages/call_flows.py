"""Call flows: what callers are led through, step by step, in versions; which number follows which."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from channels.base import Follows
from hub.desk import call_flows as desk
from hub.model.call_flow_definition import KINDS, LONGEST_MESSAGE, read_call_flow
from hub.model.errors import HubError, NotFound, Refused
from hub.model.opening_hours import WEEKDAYS, spans_as_text
from hub.store import call_flows, call_sounds, rosters
from hub.store.call_world import announcement
from hub.web import audit, i18n
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.call_flow_draft import (
    DIGITS,
    WAYS,
    Draft,
    days_text,
    definition_of,
    draft_of,
    new_draft,
    posted_draft,
)
from hub.web.pages.drawn import drawn
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.pages.kept_versions import Studio, versions_shown
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[A-Za-z0-9][A-Za-z0-9_-]{0,79}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the call flows, and which one each number follows."""
    lines = _lines(request)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {
            "listed": call_flows.all_current(conn),
            "followed": {line: call_flows.followed(conn, line) for line in lines},
            "chosen": call_flows.choices(conn),
            "announced": announcement(conn),
        }

    return render(request, "call_flows.html", spoken=list(i18n.LANGUAGES), **await read(request, ask, None))


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new call flow."""
    return await _editor(request, new_draft(i18n.language()), based_on=0)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a call flow: its picture, its steps, its versions (`?version=` to bring one back)."""
    return await _flow_page(request, request.match_info["name"])


async def _flow_page(request: web.Request, name: str) -> web.Response:
    every, shown = await versions_shown(request, call_flows.versions, name)
    lines = _lines(request)

    def ask(conn: Connection, _arg: None) -> list[str]:
        found = {line: call_flows.followed(conn, line) for line in lines}
        return [line for line, row in found.items() if row is not None and row.name == name]

    users = await read(request, ask, None)
    draft = draft_of(shown.told)
    return await _editor(request, draft, based_on=every[0].version, name=name, versions=every, shown=shown, users=users)


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
    flow, problem = None, error
    try:
        flow = read_call_flow(definition_of(draft))
    except Refused as refused:
        # Nobody has said anything wrong on a page that was only just opened.
        problem = problem or (refused if based_on or draft["title"] else None)
    names = await read(request, lambda conn, _arg: [kept.name for kept in rosters.every(conn)], None)
    sounds = await read(request, lambda conn, _arg: [kept.name for kept in call_sounds.every(conn)], None)
    page: dict[str, Any] = {"versions": [], "shown": None, "users": [], "typed": "", **more}
    return render(
        request,
        "call_flow.html",
        status=status,
        draft=draft,
        name=name,
        based_on=based_on,
        problem=problem,
        wrong=problem.field if isinstance(problem, Refused) else "",
        flow=flow,
        picture=drawn(flow.start, flow.steps) if flow else None,
        kinds=KINDS,
        ways=WAYS,
        weekdays=WEEKDAYS,
        keys=DIGITS,
        rosters=names,
        sounds=sounds,
        longest=LONGEST_MESSAGE,
        days_text=days_text,
        spans_as_text=spans_as_text,
        lines=_lines(request),
        **page,
    )


_STUDIO = Studio("/call-flows", posted_draft, definition_of, desk.save_call_flow, _editor)


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new call flow, or shows the page again with another step or with what is wrong."""
    return await _STUDIO.keep(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores a call flow's next version, which the next call follows; earlier ones stay."""
    return await _STUDIO.keep(request, request.match_info["name"])


@allow(*EDITORS)
async def retire(request: web.Request) -> web.Response:
    """Takes a call flow off the list; saving it again brings it back."""
    by = audit.by(request)
    await write(request, lambda conn, name: desk.retire_call_flow(conn, name, by), request.match_info["name"])
    return redirect(request, "/call-flows", say=_("Taken off. Its versions are kept."))


@allow(*EDITORS)
async def choose(request: web.Request) -> web.Response:
    """Lets a number's calls follow another flow, from the next call on."""
    posted = await form_of(request)
    line, by = text_of(posted, "channel"), audit.by(request)
    if line not in _lines(request):
        raise NotFound(_("There is no channel of this name."))
    await write(request, lambda conn, name: desk.choose_call_flow(conn, line, name, by), text_of(posted, "flow"))
    return redirect(request, "/call-flows", say=_("The next call follows it."))


def _lines(request: web.Request) -> list[str]:
    """Names the channels whose calls can follow a flow."""
    channels = request.app[SERVICES].channels
    return [name for name, channel in channels.items() if isinstance(channel, Follows)]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/call-flows", show_all),
        web.get("/call-flows/new", begin),
        web.post("/call-flows", create),
        web.post("/call-flows/choose", choose),
        web.get(f"/call-flows/{_NAME}", show),
        web.post(f"/call-flows/{_NAME}", change),
        web.post(f"/call-flows/{_NAME}/retire", retire),
    ]
