"""Consent in the browser: sent to the provider, come back with a code, which a button of ours then uses up."""

from __future__ import annotations

from aiohttp import web

from hub.desk import signing_in
from hub.model.errors import HubError, NotFound, Refused
from hub.model.sign_in_providers import PROVIDERS
from hub.web import audit, connecting
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import connection_draft as drafts
from hub.web.pages.connection_draft import Values
from hub.web.pages.connection_new import DRAFT, tried_page
from hub.web.pages.fields import form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_LONGEST = 4000


@allow("admin")
async def ask(request: web.Request) -> web.StreamResponse:
    """Prepares the way to the provider for a draft. It is a link: a form of ours may lead nowhere else (CSP)."""
    values = drafts.written(await drafts.look(request), await form_of(request))
    return await leave(request, request.match_info["draft"], values, values.get("consent", ""))


async def leave(request: web.Request, draft: str, values: Values, provider: str) -> web.StreamResponse:
    """Shows the link to the provider and remembers what its answer must fit to. Raises NotFound."""
    services = request.app[SERVICES]
    application = await connecting.registration(services, provider)
    asked = signing_in.ask(application, connecting.return_address(services), values["address"])
    values = {**values, "draft": draft, "verifier": asked.verifier, "asked": provider}
    await drafts.keep(request, draft, values, asked.state)
    return render(
        request, "connection_consent.html", url=asked.url, provider=PROVIDERS[provider], values=values, back=draft
    )


@allow("admin")
async def came_back(request: web.Request) -> web.StreamResponse:
    """Shows what the provider answered. Looking changes nothing: the code is used up by the button."""
    query = request.query
    values = await drafts.of_state(request, query.get("state", "")[:_LONGEST])
    error, why = query.get("error", ""), query.get("error_description", "")
    return render(
        request,
        "connection_return.html",
        status=422 if error else 200,
        provider=PROVIDERS[values["asked"]],
        values=values,
        state=query.get("state", ""),
        code=query.get("code", ""),
        refused=" ".join(part for part in (error, why) if part)[:500],
    )


@allow("admin")
async def use(request: web.Request) -> web.StreamResponse:
    """Uses the code up and goes on with the draft, or with the channel that waits for the consent."""
    services, form = request.app[SERVICES], await form_of(request)
    state, code = text_of(form, "state")[:_LONGEST], text_of(form, "code")[:_LONGEST]
    values = await drafts.of_state(request, state)
    draft, provider, verifier = values["draft"], values.pop("asked"), values.pop("verifier")
    # Used up before it is tried: the same answer never counts twice.
    await drafts.keep(request, draft, values)
    if not code:
        raise Refused(_("The provider sent no code back."), next_step=_("Begin again."))
    try:
        application = await connecting.registration(services, provider)
        back = connecting.return_address(services)
        tokens = await signing_in.exchange(application, code, verifier, back, services.clock())
    except NotFound:
        raise
    except HubError as error:
        return render(
            request,
            "connection_return.html",
            status=422,
            provider=PROVIDERS[provider],
            values=values,
            state="",
            code="",
            refused=f"{error.message} {error.next_step}".strip(),
        )
    consent = await connecting.give(services, audit.by(request), provider, values["address"], tokens)
    if channel := values.get("again", ""):
        await drafts.drop(request, draft)
        return redirect(
            request, f"/channels/{channel}/connection", say=_("The consent was given. The channel goes on.")
        )
    values["given_by"] = signing_in.account_of(tokens, values["address"])
    return await tried_page(request, draft, values, consent)


def routes() -> list[web.RouteDef]:
    return [
        web.post(f"{DRAFT}/consent", ask),
        web.get(signing_in.RETURN_PATH, came_back),
        web.post(signing_in.RETURN_PATH, use),
    ]
