"""The wizard for numbers: an account, its numbers with what they call now and will call, then it is a channel."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from hub.model.errors import HubError, NotFound, Refused, Unavailable
from hub.model.phone_account import PhoneAccount, PhoneLogin
from hub.web import audit, phones
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import connection_draft as drafts
from hub.web.pages.connection_draft import Values
from hub.web.pages.fields import form_of, text_of
from hub.web.phones import Choice, Webhooks
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

DRAFT = r"/channels/new/twilio/{draft:[\w-]{20,40}}"


@allow("admin")
async def ask(request: web.Request) -> web.StreamResponse:
    """Asks for the account."""
    return _new(request)


def _new(request: web.Request, account_sid: str = "", problem: HubError | None = None) -> web.StreamResponse:
    stand_in = request.app[SERVICES].settings.written.hub.twilio_url
    status = 422 if problem else 200
    return render(
        request, "number_new.html", status=status, account_sid=account_sid, stand_in=stand_in, problem=problem
    )


@allow("admin")
async def look(request: web.Request) -> web.StreamResponse:
    """Signs in to the account and begins a draft."""
    form = await form_of(request)
    values = {"account_sid": text_of(form, "account_sid").strip(), "auth_token": text_of(form, "auth_token").strip()}
    try:
        await phones.look(request.app[SERVICES], _login(values))
    except (Refused, Unavailable) as error:
        return _new(request, values["account_sid"], error)
    return redirect(request, f"/channels/new/twilio/{await drafts.begin(request, values)}")


@allow("admin")
async def choose(request: web.Request) -> web.StreamResponse:
    """Shows the account's numbers and what they call."""
    return await _choose(request, await _draft(request))


async def _choose(request: web.Request, values: Values, problem: HubError | None = None) -> web.StreamResponse:
    services = request.app[SERVICES]
    try:
        account = await phones.look(services, _login(values))
    except (Refused, Unavailable) as error:
        account, problem = PhoneAccount(sid=values["account_sid"]), problem or error
    return render(
        request,
        "number_choose.html",
        status=422 if problem else 200,
        draft=request.match_info["draft"],
        account=account,
        public_url=services.public_url,
        stand_in=services.settings.written.hub.twilio_url,
        reachable=await phones.reachable(services),
        problem=problem,
    )


@allow("admin")
async def add(request: web.Request) -> web.StreamResponse:
    """Keeps a number as channels, writes its webhooks, and shows what was read back."""
    services, values, form = request.app[SERVICES], await _draft(request), await form_of(request)
    receive = text_of(form, "receive")
    choice = Choice(
        number=text_of(form, "number"),
        texts="texts" in form,
        calls="calls" in form,
        pool=text_of(form, "pool"),
        name=text_of(form, "name").strip(),
        receive="webhooks" if receive == "webhooks" else "poll",
        live=text_of(form, "mode") != "sandbox",
    )
    try:
        added = await phones.add(services, audit.by(request), _login(values), choice)
    except (NotFound, Refused, Unavailable) as error:
        return await _choose(request, values, error)
    await drafts.drop(request, request.match_info["draft"])
    return render(request, "number_added.html", added=added, number=choice.number)


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what the number of a channel calls."""
    return await _show(request)


async def _show(
    request: web.Request, found: Webhooks | None = None, problem: HubError | None = None
) -> web.StreamResponse:
    services, name = request.app[SERVICES], request.match_info["name"]
    if found is None:
        try:
            found = await phones.webhooks(services, name)
        except (Refused, Unavailable) as error:
            problem = problem or error
    return render(
        request, "number_webhooks.html", status=422 if problem else 200, name=name, found=found, problem=problem
    )


@allow("admin")
async def point(request: web.Request) -> web.StreamResponse:
    """Lets the number call the hub, or what it called before."""
    services, form = request.app[SERVICES], await form_of(request)
    try:
        to: Any = "before" if text_of(form, "to") == "before" else "hub"
        found = await phones.point(services, audit.by(request), request.match_info["name"], to)
    except (Refused, Unavailable) as error:
        return await _show(request, problem=error)
    return await _show(request, found)


@allow("admin")
async def add_token(request: web.Request) -> web.StreamResponse:
    """Keeps a new auth token beside the present one."""
    name = request.match_info["name"]
    token = text_of(await form_of(request), "auth_token")
    try:
        await phones.add_token(request.app[SERVICES], audit.by(request), name, token)
    except (Refused, Unavailable) as error:
        return await _show(request, problem=error)
    told = _("The new token is kept; webhooks signed by the one before are taken too.")
    return redirect(request, f"/channels/{name}/webhooks", say=told)


async def _draft(request: web.Request) -> Values:
    values = await drafts.look(request)
    if "auth_token" not in values:
        raise NotFound(_("This step is no longer kept."), next_step=_("Begin anew."))
    return values


def _login(values: Values) -> PhoneLogin:
    return PhoneLogin(account_sid=values["account_sid"], auth_token=values["auth_token"])


def routes() -> list[web.RouteDef]:
    return [
        web.get("/channels/new/twilio", ask),
        web.post("/channels/new/twilio", look),
        web.get(DRAFT, choose),
        web.post(DRAFT, add),
        web.get(r"/channels/{name:\w+}/webhooks", show),
        web.post(r"/channels/{name:\w+}/webhooks", point),
        web.post(r"/channels/{name:\w+}/token", add_token),
    ]
