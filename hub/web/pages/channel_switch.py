"""The switch of a channel between the sandbox and live: what is missing, what waits, and what becomes of that."""

from __future__ import annotations

from aiohttp import web

from hub.model.errors import Refused
from hub.store.switching import LIVE, Waiting
from hub.web import audit, switching
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES
from hub.web.switching import CHOICES, DEFAULT, Outcome, Wish


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what would come of switching a channel."""
    mode = switching.other_mode(request.app[SERVICES], request.match_info["name"])
    return await _page(request, mode, DEFAULT[mode], Outcome(switched=False))


@allow("admin")
async def act(request: web.Request) -> web.StreamResponse:
    """Tries the channel and switches it, or shows what is in the way."""
    services, name, form = request.app[SERVICES], request.match_info["name"], await form_of(request)
    mode = switching.other_mode(services, name)
    if text_of(form, "mode") != mode:
        raise Refused(_("The channel is switched already, or just now."), next_step=_("Look again in a moment."))
    waiting = _waiting(text_of(form, "waiting"), mode)
    wish = Wish(channel=name, mode=mode, waiting=waiting, anyway=bool(text_of(form, "anyway")))
    outcome = await switching.switch(services, audit.by(request), wish)
    if not outcome.switched:
        return await _page(request, mode, waiting, outcome, status=422)
    said = _("%s is live now.") if mode == LIVE else _("%s is in the sandbox now.")
    told = [said % name]
    if outcome.cancelled:
        told.append(_("Messages that waited and were cancelled: %s.") % outcome.cancelled)
    return redirect(request, f"/channels#{name}", say=" ".join(told))


def _waiting(written: str, mode: str) -> Waiting:
    try:
        return Waiting(written)
    except ValueError:
        return DEFAULT[mode]


async def _page(
    request: web.Request, mode: str, waiting: Waiting, outcome: Outcome, *, status: int = 200
) -> web.StreamResponse:
    services, name = request.app[SERVICES], request.match_info["name"]
    return render(
        request,
        "channel_switch.html",
        status=status,
        name=name,
        mode=mode,
        choices=[each.value for each in CHOICES[mode]],
        waiting=waiting.value,
        default=DEFAULT[mode].value,
        left=await switching.left(services, name),
        outcome=outcome,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/channels/{name:\w+}/switch", show),
        web.post(r"/channels/{name:\w+}/switch", act),
    ]
