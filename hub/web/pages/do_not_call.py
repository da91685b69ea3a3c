"""Do-not-call lists: which ones there are and until when they hold; loading one, and taking one back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import do_not_call as desk
from hub.desk.do_not_call import Loaded
from hub.model.errors import HubError, Refused
from hub.outreach.do_not_call import good_for
from hub.outreach.quiet_hours import rulebook_of
from hub.store import do_not_call as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.body import parts
from hub.web.days import day_of
from hub.web.errors import status_of
from hub.web.i18n import _, ngettext
from hub.web.pages.fields import EVERYBODY, path_id, read
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the lists."""
    return await _page(request)


@allow(*EDITORS, body="stream")
async def load(request: web.Request) -> web.StreamResponse:
    """Loads a list, or a newer one in the place of one of the same name."""
    try:
        loaded = await _load(request)
    except HubError as error:
        problem = " ".join(part for part in (error.message, error.next_step) if part)
        return await _page(request, problem=problem, status=status_of(error))
    say = ngettext("%(num)s number was loaded.", "%(num)s numbers were loaded.", loaded.numbers)
    return redirect(request, "/do-not-call", say=say)


async def _load(request: web.Request) -> Loaded:
    services, told = request.app[SERVICES], dict[str, str]()
    async for part in parts(request):
        if part.filename is None:
            told[part.name] = await part.text()
        elif part.name == "file" and part.filename:
            return await desk.load(
                services.database,
                services.keys,
                part.chunks(),
                audit.by(request),
                name=told.get("name", "") or part.filename,
                region=services.settings.hub.region,
                as_of=day_of(told.get("as_of", "")),
            )
    raise Refused(_("No file was chosen, or it is empty."), field="file")


@allow(*EDITORS)
async def forget(request: web.Request) -> web.StreamResponse:
    """Takes a list back: nobody is asked about it any more."""
    await desk.forget(request.app[SERVICES].database, path_id(request), audit.by(request))
    return redirect(request, "/do-not-call", say=_("The list is gone."))


async def _page(request: web.Request, *, problem: str = "", status: int = 200) -> web.StreamResponse:
    services = request.app[SERVICES]
    now, rulebook = services.clock(), rulebook_of(services.settings)
    holds = good_for(rulebook.listed, now.date())
    rows = await read(request, _told, holds)
    return render(
        request,
        "do_not_call.html",
        status=status,
        lists=rows,
        now=now,
        days=holds.days,
        problem=problem,
    )


def _told(conn: Connection, holds: timedelta) -> list[dict[str, Any]]:
    return [{**row, "good_until": row["as_of"] + holds} for row in store.lists(conn)]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/do-not-call", show),
        web.post("/do-not-call", load),
        web.post(r"/do-not-call/{id:\d+}/forget", forget),
    ]
