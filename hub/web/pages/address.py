"""The public address: which it is, what is proposed, and the proof that the hub is reached by it."""

from __future__ import annotations

from aiohttp import web

from hub.web import audit, public_address
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.seen_address import seen
from hub.web.services import SERVICES


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the address in use and what is proposed."""
    return await _page(request)


@allow("admin")
async def use(request: web.Request) -> web.StreamResponse:
    """Proves an address and uses it, or says why it is not proven."""
    form = await form_of(request)
    written, anyway = text_of(form, "url"), bool(text_of(form, "anyway"))
    why = await public_address.use(request.app[SERVICES], audit.by(request), written, anyway=anyway)
    if why and not anyway:
        return await _page(request, written=written, why=why, status=422)
    said = _("The hub uses %s from now on. You may have to sign in again there.")
    return redirect(request, "/address", say=said % public_address.normal(written))


@allow("admin")
async def prove(request: web.Request) -> web.StreamResponse:
    """Tries the address in use."""
    why = await public_address.prove_current(request.app[SERVICES], audit.by(request))
    if why:
        return await _page(request, why=why, status=422)
    return redirect(request, "/address", say=_("Proven: the hub reached itself by this address."))


@allow("admin")
async def forget(request: web.Request) -> web.StreamResponse:
    """Forgets the kept address."""
    await public_address.forget(request.app[SERVICES], audit.by(request))
    return redirect(request, "/address", say=_("Forgotten. Links name this machine again."))


async def _page(request: web.Request, *, written: str = "", why: str = "", status: int = 200) -> web.StreamResponse:
    services, came_to = request.app[SERVICES], seen(request)
    found = await public_address.address(services, came_to.url)
    return render(
        request,
        "address.html",
        status=status,
        address=found,
        written=written or found.proposed or (found.url if found.source != "default" else ""),
        tried=written,
        why=why,
        untrusted=came_to.untrusted,
        seen=came_to.url,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/address", show),
        web.post("/address", use),
        web.post("/address/proof", prove),
        web.post("/address/forget", forget),
    ]
