"""Reminders: every rule with when it goes out, by which channel and with which words; made, changed, switched."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import reminders as desk
from hub.model.errors import NotFound, Refused
from hub.store import appointments, templates
from hub.store import reminders as store
from hub.web import audit, calling
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, path_id, read, text_of, write
from hub.web.pages.reminder_draft import UNITS, Draft, draft_of, new_draft, posted_draft, rule_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_ONE = r"/reminders/{id:\d+}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.StreamResponse:
    """Lists the rules, the earliest before the event first."""
    rules: list[dict[str, Any]] = await read(request, lambda conn, _arg: store.rules(conn), None)
    channels = request.app[SERVICES].settings.channels
    return render(request, "reminders.html", rules=rules, channels=channels, of_a_day=store.OF_A_DAY)


@allow(*EDITORS)
async def begin(request: web.Request) -> web.StreamResponse:
    """Shows the page of a new rule; `?about=`: what it is about, an appointment unless said."""
    about = request.query.get("about", appointments.ABOUT)
    if about not in store.ABOUTS:
        raise NotFound(_("There is nothing at this address."))
    return await _page(request, new_draft(about))


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a rule as it can be changed."""
    return await _page(request, draft_of(await read(request, store.rule, path_id(request))), number=path_id(request))


async def _page(
    request: web.Request, draft: Draft, *, number: int = 0, error: Refused | None = None
) -> web.StreamResponse:
    names = await read(request, lambda conn, _arg: sorted({row["name"] for row in templates.listed(conn)}), None)
    return render(
        request,
        "reminder.html",
        status=422 if error else 200,
        draft=draft,
        number=number,
        error=error,
        abouts=store.ABOUTS,
        afterwards=store.AFTERWARDS,
        of_a_day=store.OF_A_DAY,
        goes_on=draft["about"] == appointments.ABOUT,
        units=list(UNITS),
        lanes=[lane for lane in house_of(request).lanes.values() if lane.reaches],
        keyless=calling.keyless(request.app[SERVICES]),
        templates=names,
    )


@allow(*EDITORS)
async def create(request: web.Request) -> web.StreamResponse:
    """Makes a rule, off until somebody switches it on; or shows the page again with what is wrong."""
    posted, by, channels = await form_of(request), audit.by(request), request.app[SERVICES].settings.channels
    draft = posted_draft(posted, text_of(posted, "about"))

    def add(conn: Connection, about: str) -> int:
        return desk.add_rule(conn, {**rule_of(draft), "about": about, "enabled": False}, by, channels=channels)

    if draft["about"] not in store.ABOUTS:
        raise NotFound(_("There is nothing at this address."))
    try:
        await write(request, add, draft["about"])
    except Refused as error:
        return await _page(request, draft, error=error)
    return redirect(request, "/reminders", say=_("Made. It is off until you switch it on."))


@allow(*EDITORS)
async def change(request: web.Request) -> web.StreamResponse:
    """Changes a rule; what it has planned already stays."""
    number, by, channels = path_id(request), audit.by(request), request.app[SERVICES].settings.channels
    draft = posted_draft(await form_of(request), (await read(request, store.rule, number))["about"])
    try:
        changes = rule_of(draft)
        await write(request, lambda conn, _arg: desk.change_rule(conn, number, changes, by, channels=channels), None)
    except Refused as error:
        return await _page(request, draft, number=number, error=error)
    return redirect(request, "/reminders", say=_("Saved. What is planned already stays as it was."))


@allow(*EDITORS)
async def switch(request: web.Request) -> web.StreamResponse:
    """Switches a rule on or off; what it has planned already stays."""
    number, by = path_id(request), audit.by(request)
    enabled = text_of(await form_of(request), "enabled") == "yes"
    await write(request, lambda conn, _arg: desk.switch_rule(conn, number, enabled, by), None)
    return redirect(request, "/reminders", say=_("Saved."))


@allow(*EDITORS)
async def remove(request: web.Request) -> web.StreamResponse:
    """Removes a rule; what it has sent stays on the histories."""
    number, by = path_id(request), audit.by(request)
    await write(request, lambda conn, _arg: desk.remove_rule(conn, number, by), None)
    return redirect(request, "/reminders", say=_("The reminder is gone."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/reminders", show_all),
        web.get("/reminders/new", begin),
        web.post("/reminders", create),
        web.get(_ONE, show),
        web.post(_ONE, change),
        web.post(f"{_ONE}/switch", switch),
        web.post(f"{_ONE}/remove", remove),
    ]
