"""Signing in and out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection

from hub.store import audit, sessions, staff, throttle
from hub.store.staff import StaffMember
from hub.web import audit as acts
from hub.web.auth import cookies
from hub.web.auth.access import allow, visitor
from hub.web.auth.passwords import PASSWORDS
from hub.web.errors import TooMany
from hub.web.i18n import _
from hub.web.pace import address, throttled
from hub.web.rendering import render
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS, WITHIN = 5, 20, timedelta(minutes=15)
EVERYBODY = staff.ROLES


@visitor
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the sign-in page."""
    return render(request, "sign_in.html", next=own_path(request.query.get("next", "")), email="", problem="")


@visitor
async def enter(request: web.Request) -> web.StreamResponse:
    """Signs somebody in. Each try is counted before the password is looked at, in a transaction of its own."""
    services = request.app[SERVICES]
    form = await request.post()
    email, password = str(form.get("email", "")).strip().lower(), str(form.get("password", ""))
    back = own_path(str(form.get("next", "")))
    try:
        tries = [
            await throttled(request, "sign-in-address", address(request), TRIES_PER_ADDRESS, WITHIN),
            await throttled(request, "sign-in", email, TRIES_PER_ACCOUNT, WITHIN),
        ]
    except TooMany as error:
        said = _("Too many tries. Wait %s minutes, then try again.") % -(-int(error.retry_after) // 60)
        wait = {"Retry-After": str(int(error.retry_after) + 1)}
        return render(request, "sign_in.html", status=429, headers=wait, next=back, email=email, problem=said)
    found = await services.database.read(staff.for_sign_in, email)
    member, kept = found if found else (None, "")
    if not await request.app[PASSWORDS].fits(password, kept) or member is None:
        log.warning("A sign-in from %s was refused", request.remote)
        said = _("This address and password do not belong together.")
        return render(request, "sign_in.html", status=401, next=back, email=email, problem=said)
    if request.app[PASSWORDS].is_outdated(kept):
        fresh = await request.app[PASSWORDS].hash(password)
        await services.database.write(lambda conn, who: staff.keep_rehashed(conn, who, kept, fresh), member.id)
    await services.database.write(throttle.give_back, tries)
    return await signed_in(request, member, back)


@allow(*EVERYBODY)
async def leave(request: web.Request) -> web.StreamResponse:
    """Signs out."""
    by = acts.by(request)

    def end(conn: Connection, session_id: str) -> None:
        sessions.end(conn, session_id)
        audit.note(conn, by, "session.ended", f"staff/{by.staff_id}")

    await request.app[SERVICES].database.write(end, cookies.session_id(request))
    response = web.Response(status=303, headers={"Location": "/sign-in", "Clear-Site-Data": '"cache"'})
    cookies.clear_session(request, response)
    return response


async def signed_in(request: web.Request, member: StaffMember, back: str) -> web.StreamResponse:
    """Starts a session under a new id and leads to a page of ours."""
    services = request.app[SERVICES]
    now = services.clock()
    old, agent, ip = cookies.session_id(request), request.headers.get("User-Agent", ""), request.remote or ""
    by = audit.Actor(name=member.email, staff_id=member.id, ip=ip, at=now, key=services.keys.audit)

    def start(conn: Connection, at: datetime) -> str:
        audit.note(conn, by, "session.started", f"staff/{member.id}")
        return sessions.start(conn, member.id, at, ip=ip, user_agent=agent, old=old)

    response = web.Response(status=303, headers={"Location": back})
    cookies.set_session(request, response, await services.database.write(start, now))
    return response


def own_path(path: str) -> str:
    """Returns a path on this hub, never an address elsewhere: `//host` and `/\\host` lead away, a tab is skipped."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain and not path.startswith("/sign-in") else "/"


def routes() -> list[web.RouteDef]:
    return [web.get("/sign-in", show), web.post("/sign-in", enter), web.post("/sign-out", leave)]
