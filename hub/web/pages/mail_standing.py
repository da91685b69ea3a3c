"""How the domain of a channel stands with those who take its mail, and the keys by which its mails are signed."""

from __future__ import annotations

from aiohttp import web

from hub.model.errors import Refused
from hub.store import signing
from hub.web import audit, mail_standing
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import form_of, read, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_ONE = r"/channels/{name:\w+}/standing"


@allow("admin", "marketer", "auditor")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the keys of a channel; `?look=1` also asks the world how its domain stands."""
    return await _page(request)


@allow("admin")
async def make(request: web.Request) -> web.StreamResponse:
    """Makes new keys; mails are signed with them once they are published and switched on."""
    name = request.match_info["name"]
    await mail_standing.make_keys(request.app[SERVICES], name, audit.by(request))
    return redirect(request, f"/channels/{name}/standing", say=_("Publish both records, then switch signing on."))


@allow("admin")
async def switch(request: web.Request) -> web.StreamResponse:
    """Switches signing on, where the keys are published, or off."""
    name, form = request.match_info["name"], await form_of(request)
    on = text_of(form, "on") == "yes"
    try:
        await mail_standing.switch(
            request.app[SERVICES], name, audit.by(request), on=on, anyway=bool(text_of(form, "anyway"))
        )
    except Refused as refused:
        return await _page(request, error=refused)
    say = _("Mails are signed from now on.") if on else _("Mails are no longer signed.")
    return redirect(request, f"/channels/{name}/standing", say=say)


async def _page(request: web.Request, *, error: Refused | None = None) -> web.StreamResponse:
    services, name = request.app[SERVICES], request.match_info["name"]
    domain = mail_standing.sender_domain(services, name)
    wanted = request.query.get("look") or error
    return render(
        request,
        "mail_standing.html",
        status=422 if error else 200,
        name=name,
        domain=domain,
        keys=await read(request, signing.of_channel, name),
        by_file=bool(services.settings.written.channels[name].settings.get("dkim_key")),
        lines=await mail_standing.look(services, domain) if wanted else None,
        error=error,
        say=_,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get(_ONE, show),
        web.post(f"{_ONE}/keys", make),
        web.post(f"{_ONE}/signing", switch),
    ]
