"""One kept channel: how it signs in, mended, disconnected, removed; and the hub's registrations with providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from hub.desk.connections import kind_of
from hub.model.errors import HubError, NotFound, Refused
from hub.model.sign_in_providers import PROVIDERS
from hub.store.consents_given import Application
from hub.web import audit, connecting
from hub.web.auth import allow
from hub.web.connecting import Said, said
from hub.web.i18n import _
from hub.web.pages import connection_draft as drafts
from hub.web.pages.connection_consent import leave
from hub.web.pages.fields import form_of, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_EDITED = ("host", "port", "tls", "username", "sent_folder", "from_name", "ca_file")


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a kept channel; for one of the settings file, the channels."""
    name = request.match_info["name"]
    try:
        return await _page(request, name)
    except NotFound:
        if name in request.app[SERVICES].settings.channels:
            return redirect(request, f"/channels#{name}", say=_("This channel is written in the settings file."))
        raise


async def _page(
    request: web.Request, name: str, problems: Sequence[Said] = (), problem: HubError | None = None
) -> web.StreamResponse:
    standing = await connecting.standing(request.app[SERVICES], name)
    registered = await connecting.registrations(request.app[SERVICES])
    provider = PROVIDERS.get(standing.consent.provider) if standing.consent else None
    return render(
        request,
        "connection.html",
        status=422 if problems or problem else 200,
        standing=standing,
        connection=standing.connection,
        kind=kind_of(standing.connection.adapter),
        provider=provider,
        registered=registered,
        problems=problems,
        problem=problem,
    )


@allow("admin")
async def change(request: web.Request) -> web.StreamResponse:
    """Keeps what was written, then tries it; what is wrong is shown, and kept all the same."""
    services, name, form = request.app[SERVICES], request.match_info["name"], await form_of(request)
    settings: dict[str, Any] = {each: text_of(form, each).strip() or None for each in _EDITED if each in form}
    if "port" in settings:
        written = str(settings["port"] or "")
        settings["port"] = int(written) if written.isdecimal() and len(written) < 6 else 0
    if "folders" in form:
        folders = [each.strip() for each in text_of(form, "folders").splitlines() if each.strip()]
        settings["folders"] = folders or None
    password = text_of(form, "password")
    try:
        secrets = {"password": password} if password else {}
        await connecting.change(services, audit.by(request), name, settings, secrets)
    except Refused as error:
        return await _page(request, name, problem=error)
    problems = [said(each, name) for each in await services.try_channel(name)]
    if problems:
        return await _page(request, name, problems)
    return redirect(request, f"/channels/{name}/connection", say=_("Kept, and the login works."))


@allow("admin")
async def consent(request: web.Request) -> web.StreamResponse:
    """Asks for the consent again."""
    name = request.match_info["name"]
    standing = await connecting.standing(request.app[SERVICES], name)
    if standing.consent is None:
        raise NotFound(_("The consent of this channel is not kept here."), next_step=_("Add the mailbox anew."))
    values = {"address": str(standing.connection.settings["consent"]), "again": name}
    draft = await drafts.begin(request, values)
    return await leave(request, draft, await drafts.look(request, draft), standing.consent.provider)


@allow("admin")
async def disconnect(request: web.Request) -> web.StreamResponse:
    """Closes a channel until it is connected again."""
    name = request.match_info["name"]
    await connecting.disconnect(request.app[SERVICES], audit.by(request), name)
    told = _("%s is disconnected; its history is kept, and what is to be sent waits.")
    return redirect(request, f"/channels/{name}/connection", say=told % name)


@allow("admin")
async def connect(request: web.Request) -> web.StreamResponse:
    """Opens a channel again."""
    name = request.match_info["name"]
    await connecting.connect(request.app[SERVICES], audit.by(request), name)
    return redirect(request, f"/channels/{name}/connection", say=_("%s is connected.") % name)


@allow("admin")
async def remove(request: web.Request) -> web.StreamResponse:
    """Forgets a channel."""
    name = request.match_info["name"]
    await connecting.remove(request.app[SERVICES], audit.by(request), name)
    return redirect(request, "/channels", say=_("%s is removed; its history is kept.") % name)


@allow("admin")
async def registrations(request: web.Request) -> web.StreamResponse:
    """Shows with which sign-in providers the hub is registered, and how that is done."""
    return await _registrations(request)


async def _registrations(request: web.Request, problem: HubError | None = None) -> web.StreamResponse:
    services = request.app[SERVICES]
    return render(
        request,
        "registrations.html",
        status=422 if problem else 200,
        providers=PROVIDERS.values(),
        registered=await connecting.registrations(services),
        return_address=connecting.return_address(services),
        problem=problem,
    )


@allow("admin")
async def register(request: web.Request) -> web.StreamResponse:
    """Keeps a registration."""
    services, form = request.app[SERVICES], await form_of(request)
    provider = text_of(form, "provider")
    known = (await connecting.registrations(services)).get(provider)
    application = Application(
        provider=provider,
        client_id=text_of(form, "client_id").strip(),
        tenant=text_of(form, "tenant").strip(),
        endpoints=known.endpoints if known else {},
        secret=text_of(form, "secret").strip(),
    )
    try:
        await connecting.register(services, audit.by(request), application)
    except Refused as error:
        return await _registrations(request, error)
    return redirect(request, "/channels/registrations", say=_("The registration is kept."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/channels/registrations", registrations),
        web.post("/channels/registrations", register),
        web.get(r"/channels/{name:\w+}/connection", show),
        web.post(r"/channels/{name:\w+}/connection", change),
        web.post(r"/channels/{name:\w+}/consent", consent),
        web.post(r"/channels/{name:\w+}/disconnect", disconnect),
        web.post(r"/channels/{name:\w+}/connect", connect),
        web.post(r"/channels/{name:\w+}/remove", remove),
    ]
