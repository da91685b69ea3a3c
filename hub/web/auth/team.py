"""The staff page: who may sign in, as what; invitations and resets, whose links an administrator hands over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit, links, staff
from hub.web import audit as acts
from hub.web.auth.access import allow
from hub.web.i18n import _
from hub.web.keys import STAFF
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_INVITATION_LASTS, _RESET_LASTS = timedelta(days=7), timedelta(days=1)


@allow("admin", "auditor")
async def show(request: web.Request) -> web.StreamResponse:
    """Lists everybody."""
    return await _page(request)


@allow("admin")
async def invite(request: web.Request) -> web.StreamResponse:
    """Adds somebody and shows, once, the link with which they choose their password."""
    services, by = request.app[SERVICES], acts.by(request)
    form = await request.post()
    email, name, role = (str(form.get(field, "")) for field in ("email", "display_name", "role"))

    def act(conn: Connection, given: tuple[str, str, str]) -> str:
        staff_id = staff.invite(conn, *given, by.at)
        audit.note(conn, by, "staff.invited", f"staff/{staff_id}", {"role": role})
        return links.create_link(conn, services.keys, links.INVITATION, staff_id, _INVITATION_LASTS, by.at)

    try:
        token = await services.database.write(act, (email, name, role))
    except Refused as error:
        return await _page(request, status=422, problem=error.message, email=email, display_name=name)
    return await _page(request, link=f"{services.public_url}/link/{token}", invited=email)


@allow("admin")
async def reset(request: web.Request) -> web.StreamResponse:
    """Shows, once, a link with which a staff member chooses a new password; the old one goes on until it is used."""
    services, by = request.app[SERVICES], acts.by(request)

    def act(conn: Connection, staff_id: int) -> tuple[str, str]:
        member = staff.member(conn, staff_id)
        if member.disabled:
            raise Refused(_("Let them sign in again first."))
        purpose, lasts = (links.INVITATION, _INVITATION_LASTS) if member.invited else (links.RESET, _RESET_LASTS)
        links.revoke_of(conn, staff_id)
        audit.note(conn, by, "staff.link_made", f"staff/{staff_id}", {"purpose": purpose})
        return links.create_link(conn, services.keys, purpose, staff_id, lasts, by.at), member.email

    token, email = await services.database.write(act, _staff_id(request))
    return await _page(request, link=f"{services.public_url}/link/{token}", invited=email)


@allow("admin")
async def change_role(request: web.Request) -> web.StreamResponse:
    """Gives another role; whoever gets it is signed out and comes back with it."""
    role = str((await request.post()).get("role", ""))
    return await _change(
        request, "staff.role_changed", lambda conn, staff_id: staff.set_role(conn, staff_id, role), {"role": role}
    )


@allow("admin")
async def disable(request: web.Request) -> web.StreamResponse:
    """Shuts somebody out at once."""
    now = request.app[SERVICES].clock()
    return await _change(request, "staff.disabled", lambda conn, staff_id: staff.disable(conn, staff_id, now))


@allow("admin")
async def enable(request: web.Request) -> web.StreamResponse:
    """Lets somebody sign in again."""
    return await _change(request, "staff.enabled", staff.enable)


async def _change(
    request: web.Request,
    action: str,
    change: Callable[[Connection, int], None],
    detail: dict[str, str] | None = None,
) -> web.StreamResponse:
    by = acts.by(request)

    def act(conn: Connection, staff_id: int) -> str:
        change(conn, staff_id)
        audit.note(conn, by, action, f"staff/{staff_id}", detail)
        return staff.member(conn, staff_id).display_name

    try:
        name = await request.app[SERVICES].database.write(act, _staff_id(request))
    except Refused as error:
        return await _page(request, status=422, problem=error.message)
    return redirect(request, "/staff", say=_("Changed: %s.") % name)


async def _page(
    request: web.Request,
    *,
    status: int = 200,
    problem: str = "",
    link: str = "",
    invited: str = "",
    email: str = "",
    display_name: str = "",
) -> web.StreamResponse:
    everyone = await request.app[SERVICES].database.read(lambda conn, _arg: staff.everyone(conn), None)
    return render(
        request,
        "staff.html",
        status=status,
        everyone=everyone,
        roles=staff.ROLES,
        me=request[STAFF].id,
        problem=problem,
        link=link,
        invited=invited,
        email=email,
        display_name=display_name,
    )


def _staff_id(request: web.Request) -> int:
    return int(request.match_info["id"])


def routes() -> list[web.RouteDef]:
    one = r"/staff/{id:\d{1,15}}"
    return [
        web.get("/staff", show),
        web.post("/staff", invite),
        web.post(f"{one}/role", change_role),
        web.post(f"{one}/link", reset),
        web.post(f"{one}/disable", disable),
        web.post(f"{one}/enable", enable),
    ]
