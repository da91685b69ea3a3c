"""Stopping: the one switch over everything that goes out, and the word that promotions may go out after a restore."""

from __future__ import annotations

from aiohttp import web

from hub.desk import stopping
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.needs import NEEDS
from hub.web.needs import PLACE as NEEDS_YOU
from hub.web.pages.fields import form_of, text_of, write
from hub.web.rendering import redirect
from hub.web.services import SERVICES


@allow("admin")
async def stop(request: web.Request) -> web.StreamResponse:
    """Stops everything that is not handed over yet. Raises Refused."""
    why, by = text_of(await form_of(request), "why"), audit.by(request)
    await write(request, lambda conn, words: stopping.stop_sending(conn, words, by), why)
    return redirect(request, "/channels", say=_("Nothing goes out any more, until somebody starts it again."))


@allow("admin")
async def start(request: web.Request) -> web.StreamResponse:
    """Lets messages go out again."""
    by = audit.by(request)
    await write(request, stopping.start_sending, by)
    return _released(request, _("Messages go out again."))


@allow("admin")
async def release(request: web.Request) -> web.StreamResponse:
    """Lets promotions go out again after a backup was restored."""
    by = audit.by(request)
    await write(request, stopping.release_promotions, by)
    return _released(request, _("Promotions go out again."))


def _released(request: web.Request, say: str) -> web.StreamResponse:
    request.app[SERVICES].nudge()
    request.app[NEEDS].forget()
    return redirect(request, NEEDS_YOU, say=say)


def routes() -> list[web.RouteDef]:
    return [
        web.post("/sending/stop", stop),
        web.post("/sending/start", start),
        web.post("/sending/release", release),
    ]
