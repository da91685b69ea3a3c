"""The mail wizard: an address, where its mail is, the login tried, a last look, then it is a channel."""

from __future__ import annotations

from aiohttp import web

from hub.model.errors import HubError, Refused
from hub.model.sign_in_providers import PROVIDERS
from hub.web import audit, connecting
from hub.web.auth import allow
from hub.web.connecting import Choice, Tried
from hub.web.i18n import _
from hub.web.pages import connection_draft as drafts
from hub.web.pages.connection_draft import Values
from hub.web.pages.fields import form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.round_trip import Trip, look_for, send_to_itself
from hub.web.services import SERVICES

DRAFT = r"/channels/new/{draft:[\w-]{20,40}}"


@allow("admin")
async def ask(request: web.Request) -> web.StreamResponse:
    """Asks for the address."""
    return render(request, "connection_new.html", address="", problem=None)


@allow("admin")
async def find(request: web.Request) -> web.StreamResponse:
    """Finds out where the address's mail is and begins a draft."""
    address = text_of(await form_of(request), "address").strip()
    try:
        found = await connecting.servers_of(request.app[SERVICES], address)
    except Refused as error:
        return render(request, "connection_new.html", status=422, address=address, problem=error)
    draft = await drafts.begin(request, drafts.begun(address, found))
    return redirect(request, f"/channels/new/{draft}")


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows where the mail is and asks how to log in."""
    return await login_page(request, await drafts.look(request), Tried())


@allow("admin")
async def attempt(request: web.Request) -> web.StreamResponse:
    """Tries the login; where it works, shows what is there."""
    draft = request.match_info["draft"]
    values = drafts.written(await drafts.look(request), await form_of(request))
    await drafts.keep(request, draft, values)
    try:
        mailbox = drafts.mailbox(values)
    except Refused as error:
        return await login_page(request, values, Tried(), problem=error)
    return await tried_page(request, draft, values, mailbox.consent)


async def tried_page(request: web.Request, draft: str, values: Values, consent: str) -> web.StreamResponse:
    """Logs in and shows what is there, or what is in the way."""
    services, sends = request.app[SERVICES], bool(values.get("sends", True))
    tried = await connecting.try_mailbox(services, drafts.mailbox(values, consent=consent), sends=sends)
    if tried.reading or tried.sending:
        return await login_page(request, values, tried, draft=draft)
    looked = tried.looked
    there = {"folders": list(looked.folders), "sent_folder": looked.sent_folder}
    values = {**values, **there, "consent_given": consent, "works": True}
    await drafts.keep(request, draft, values)
    return look_page(request, draft, values, looked.subjects)


def look_page(
    request: web.Request,
    draft: str,
    values: Values,
    subjects: object,
    problem: HubError | None = None,
    trip: Trip | None = None,
) -> web.StreamResponse:
    """Shows what is there before it is kept; the subjects are shown once and kept nowhere."""
    return render(
        request,
        "connection_look.html",
        status=422 if problem else 200,
        draft=draft,
        values=values,
        subjects=subjects,
        problem=problem,
        trip=trip,
    )


@allow("admin")
async def round_trip(request: web.Request) -> web.StreamResponse:
    """Sends the account a mail by itself, or looks again for the one that was sent, and shows whether it arrived."""
    services, draft = request.app[SERVICES], request.match_info["draft"]
    values, code = await drafts.look(request), text_of(await form_of(request), "code")
    if not values.get("works") or not values.get("sends", True):
        return redirect(request, f"/channels/new/{draft}")
    mailbox = drafts.mailbox(values, consent=values.get("consent_given", ""))
    if code and code == values.get("test_code"):
        trip = await look_for(services, mailbox, code)
    else:
        trip = await send_to_itself(services, mailbox)
        await drafts.keep(request, draft, {**values, "test_code": trip.code})
    return look_page(request, draft, values, None, trip=trip)


@allow("admin")
async def keep(request: web.Request) -> web.StreamResponse:
    """Keeps the mailbox as channels."""
    services, draft = request.app[SERVICES], request.match_info["draft"]
    values, form = await drafts.look(request), await request.post()
    if not values.get("works"):
        return redirect(request, f"/channels/new/{draft}")
    choice = Choice(
        name=str(form.get("name", "")).strip(),
        folders=[str(folder) for folder in form.getall("folder", [])] or ["INBOX"],
        sent_folder=str(form.get("sent_folder", "")),
        sends=bool(values.get("sends", True)),
        live=form.get("mode") != "sandbox",
    )
    mailbox = drafts.mailbox(values, consent=values.get("consent_given", ""))
    try:
        names = await connecting.add_mailbox(services, audit.by(request), mailbox, choice)
    except Refused as error:
        return look_page(request, draft, values, None, error)
    await drafts.drop(request, draft)
    return redirect(request, f"/channels#{names[0]}", say=_("%s is connected.") % mailbox.address)


async def login_page(
    request: web.Request, values: Values, tried: Tried, *, draft: str = "", problem: HubError | None = None
) -> web.StreamResponse:
    """Shows the servers and asks for the login, with what was in the way."""
    provider = PROVIDERS.get(values.get("consent", ""))
    registered = await connecting.registrations(request.app[SERVICES])
    return render(
        request,
        "connection_login.html",
        status=422 if problem or tried.reading or tried.sending else 200,
        draft=draft or request.match_info["draft"],
        values=values,
        tried=tried,
        problem=problem,
        provider=provider,
        registered=provider is not None and provider.code in registered,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/channels/new", ask),
        web.post("/channels/new", find),
        web.get(DRAFT, show),
        web.post(DRAFT, attempt),
        web.post(f"{DRAFT}/test", round_trip),
        web.post(f"{DRAFT}/keep", keep),
    ]
