"""The entrance: who calls, whether they may, and whether a form is ours; before any handler runs."""

from __future__ import annotations

import hmac
from datetime import timedelta

from aiohttp import web

from hub.model.errors import NotAllowed, NotFound
from hub.store import sessions, staff, tokens
from hub.web import audit, i18n, sighted
from hub.web.auth import cookies
from hub.web.auth.access import STREAMED, Access, Handler, access_of
from hub.web.auth.forgery import check_form, check_same_site
from hub.web.body import check_json, read_fields
from hub.web.errors import NotSignedIn, TooMany
from hub.web.i18n import _
from hub.web.keys import FORM_TOKEN, SESSION, STAFF
from hub.web.pace import API_CALLS
from hub.web.public_address import note_proposal
from hub.web.rendering import render
from hub.web.services import SERVICES, Services

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_TOUCH_EVERY = timedelta(minutes=1)


@web.middleware
async def entrance(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets a request through to the handlers that its sender may call; raises the HubError that says why not."""
    services = request.app[SERVICES]
    sighted.use(None)  # the request before this one on the same connection may have been somebody else's
    i18n.use(i18n.preferred(request, services.settings.hub.language))
    access = access_of(request.match_info.handler)
    if access is None:  # aiohttp's own answers: 404 and 405
        if not request.path.startswith(("/api/", "/hooks/")):
            await _recognise(request, services)
        return await handler(request)
    if access.kind == "staff":
        if request.path.startswith("/api/"):
            return await _api(request, handler, access, services)
        return await _page(request, handler, access, services)
    if access.kind == "visitor":
        return await _visited(request, handler, access, services)
    if access.kind == "public":
        await read_fields(request, access.body, services)
    return await handler(request)


async def _page(request: web.Request, handler: Handler, access: Access, services: Services) -> web.StreamResponse:
    if not await _recognise(request, services):
        if access.hidden:
            raise NotFound(_("There is nothing at this address."))
        return _sign_in_first(request, services)
    if request[STAFF].role not in access.roles:
        if access.hidden:
            raise NotFound(_("There is nothing at this address."))
        raise NotAllowed(
            _("Your role does not include this."), next_step=_("Ask an administrator if you need it for your work.")
        )
    if request.method not in _SAFE:
        check_same_site(request, services)
        await read_fields(request, access.body, services)
        if access.body not in STREAMED:
            await check_form(request, request[FORM_TOKEN])
    await note_proposal(request)
    return await handler(request)


async def _visited(request: web.Request, handler: Handler, access: Access, services: Services) -> web.StreamResponse:
    name = ""
    if not await _recognise(request, services):
        name = cookies.visitor(request) or cookies.new_visitor()
        request[FORM_TOKEN] = cookies.visitor_token(services, name)
    if request.method not in _SAFE:
        check_same_site(request, services)
        await read_fields(request, access.body, services)
        if access.body not in STREAMED:
            await check_form(request, request[FORM_TOKEN])
    response = await handler(request)
    if name and name != cookies.visitor(request) and not response.prepared:
        cookies.set_visitor(request, response, name)
    return response


async def _api(request: web.Request, handler: Handler, access: Access, services: Services) -> web.StreamResponse:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    request[STAFF] = await _bearer(request, token.strip() if scheme.lower() == "bearer" else "", services)
    _read_for(request, request[STAFF])
    if request[STAFF].role not in access.roles:
        raise NotAllowed(_("This token's role does not include this."))
    if request.method not in _SAFE:
        check_json(request, access.body)
        await read_fields(request, access.body, services)
    return await handler(request)


async def _bearer(request: web.Request, token: str, services: Services) -> staff.StaffMember:
    """Returns who calls with this token; the one of this machine's commands is an admin's and nobody's on the staff."""
    if services.local_token and hmac.compare_digest(token.encode("utf-8", "replace"), services.local_token.encode()):
        return staff.StaffMember(id=0, email="", display_name=_("the command line"), role="admin")
    found = await services.database.read(tokens.lookup, token) if token else None
    if found is None or not staff.covers(found["role"], found["token_role"]):
        raise NotSignedIn(
            _("This call carries no valid token."), next_step=_("Send the header Authorization: Bearer TOKEN.")
        )
    now = services.clock()
    wait = request.app[API_CALLS].wait(found["token_id"], now)
    if wait:
        raise TooMany(_("This token calls too often."), retry_after=wait, next_step=_("Wait, then go on slower."))
    if found["used_at"] is None or now - found["used_at"] > _TOUCH_EVERY:
        await services.database.write(lambda conn, token_id: tokens.note_use(conn, token_id, now), found["token_id"])
    return staff.as_member({**found, "role": found["token_role"]})


async def _recognise(request: web.Request, services: Services) -> bool:
    """Finds out who is signed in; returns whether anybody is."""
    session_id = cookies.session_id(request)
    if not session_id:
        return False
    now = services.clock()
    limits = cookies.session_limits(services)
    session = await services.database.read(lambda conn, sent: sessions.find(conn, sent, limits, now), session_id)
    if session is None:
        return False
    if now - session.seen_at >= _TOUCH_EVERY:
        await services.database.write(lambda conn, digest: sessions.touch(conn, digest, now), session.digest)
    request[SESSION], request[STAFF], request[FORM_TOKEN] = session, session.staff, session.csrf
    _read_for(request, session.staff)
    if session.staff.language:
        i18n.use(session.staff.language)
    return True


def _read_for(request: web.Request, who: staff.StaffMember) -> None:
    sighted.use(sighted.Asker(who.id, who.sees_sensitive, lambda: audit.by(request)))


def _sign_in_first(request: web.Request, services: Services) -> web.StreamResponse:
    """Answers 401 with the sign-in page, which leads back here."""
    if request.headers.get("HX-Request"):
        return web.Response(status=401, headers={"HX-Refresh": "true"})
    if "text/html" not in request.headers.get("Accept", "") and request.method not in _SAFE:
        raise NotSignedIn(_("You are not signed in."), next_step=_("Sign in, then do it again."))
    name = cookies.visitor(request) or cookies.new_visitor()
    request[FORM_TOKEN] = cookies.visitor_token(services, name)
    back = request.path_qs if request.method in _SAFE else "/"
    response = render(request, "sign_in.html", status=401, next=back, email="", problem="")
    cookies.set_visitor(request, response, name)
    if cookies.session_id(request):
        cookies.clear_session(request, response)
    return response
