"""On-call rosters: whose phones ring when; and the words that every caller hears first, switched on by one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import call_flows as flows_desk
from hub.desk import rosters as desk
from hub.model.errors import Refused
from hub.store import rosters as store
from hub.store.call_world import Announcement
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import LANGUAGES, _
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[A-Za-z0-9][A-Za-z0-9_-]{0,79}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the rosters, and who is on call by each right now."""
    services = request.app[SERVICES]

    def ask(conn: Connection, _arg: None) -> list[tuple[store.KeptRoster, list[str], str]]:
        listed = []
        for kept in store.every(conn):
            try:
                now = kept.roster.on_call(services.clock(), services.settings.hub.time_zone)
                listed.append((kept, [each.name for each in now], ""))
            except Refused as error:
                listed.append((kept, [], error.message))
        return listed

    return render(request, "rosters.html", listed=await read(request, ask, None))


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new roster."""
    return _editor(request, "", {})


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a roster as the lines that it is written in."""
    kept = await read(request, store.get, request.match_info["name"])
    plain = {"title": kept.title, "time_zone": str(kept.definition.get("time_zone", ""))}
    return _editor(request, kept.name, {**plain, **desk.as_typed(kept.definition)})


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Keeps a new roster, or shows the page again with what is wrong."""
    return await _save(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Changes a roster; the next call rings by it."""
    return await _save(request, request.match_info["name"])


@allow(*EDITORS)
async def remove(request: web.Request) -> web.Response:
    """Removes a roster that no call flow rings."""
    by = audit.by(request)
    await write(request, lambda conn, name: desk.remove_roster(conn, name, by), request.match_info["name"])
    return redirect(request, "/rosters", say=_("The roster is gone."))


@allow("agent", *EDITORS)
async def announce(request: web.Request) -> web.Response:
    """Keeps the words that every caller hears first, and switches them on or off."""
    posted, by = await form_of(request), audit.by(request)
    words = {each: said for each in LANGUAGES if (said := text_of(posted, f"words.{each}").strip())}
    told = Announcement(text_of(posted, "on") == "yes", words)
    await write(request, lambda conn, _arg: flows_desk.announce(conn, told, by), None)
    said = _("Every caller hears it first, from the next call on.") if told.on else _("It is said no more.")
    return redirect(request, "/call-flows", say=said)


async def _save(request: web.Request, name: str) -> web.Response:
    posted, by = await form_of(request), audit.by(request)
    chosen = name or text_of(posted, "name").strip()
    region = request.app[SERVICES].settings.hub.region
    form = {part: text_of(posted, part) for part in ("title", "time_zone", "people", "week", "days")}

    def act(conn: Connection, said: Mapping[str, Any]) -> None:
        if not name and any(kept.name == chosen for kept in store.every(conn)):
            raise Refused(f"The roster {chosen!r} exists already.", field="name", next_step="Choose another name.")
        desk.save_roster(conn, chosen, said, by, region)

    try:
        lines = desk.typed(form["people"], form["week"], form["days"])
        zone = {"time_zone": form["time_zone"].strip()} if form["time_zone"].strip() else {}
        await write(request, act, {"title": form["title"], **zone, **lines})
    except Refused as error:
        return _editor(request, name, form, typed=chosen, error=error)
    return redirect(request, f"/rosters/{chosen}", say=_("Saved. The next call rings by it."))


def _editor(
    request: web.Request, name: str, form: Mapping[str, str], *, typed: str = "", error: Refused | None = None
) -> web.Response:
    status = 422 if error else 200
    return render(request, "roster.html", status=status, name=name, form=form, typed=typed, error=error)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/rosters", show_all),
        web.get("/rosters/new", begin),
        web.post("/rosters", create),
        web.get(f"/rosters/{_NAME}", show),
        web.post(f"/rosters/{_NAME}", change),
        web.post(f"/rosters/{_NAME}/remove", remove),
        web.post("/call-flows/announcement", announce),
    ]
