"""Calls under way: who waits for how long, who talks with whom; recordings are paused and gone on with here."""

from __future__ import annotations

from aiohttp import web

from hub.model.errors import Refused, SendError
from hub.web import audit, calling
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, WORKERS, form_of, path_id, read, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the calls under way, the longest first."""
    return await _page(request)


@allow(*WORKERS)
async def record(request: web.Request) -> web.StreamResponse:
    """Pauses the recording of a call, or goes on with it."""
    interaction, pause = path_id(request), text_of(await form_of(request), "act") == "pause"
    try:
        await calling.record(request.app[SERVICES], interaction, audit.by(request), pause=pause)
    except (Refused, SendError) as error:
        return await _page(request, error)
    said = _("What is said now is not recorded.") if pause else _("The call is recorded again.")
    return redirect(request, "/calls/now", say=said)


async def _page(request: web.Request, error: Refused | SendError | None = None) -> web.StreamResponse:
    calls = await read(request, calling.under_way, request.app[SERVICES].clock())
    return render(request, "calls_now.html", calls=calls, error=error, status=422 if error else 200)


def routes() -> list[web.RouteDef]:
    return [web.get("/calls/now", show), web.post(r"/calls/now/{id:\d+}", record)]
