"""Tokens of the JSON API, as administrators make and end them."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store import audit, staff, tokens
from hub.store.staff import ROLES
from hub.store.tokens import create, lookup, revoke
from hub.web import audit as acts
from hub.web.auth.access import allow
from hub.web.i18n import _
from hub.web.keys import STAFF
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

__all__ = ["create", "lookup", "revoke", "routes"]


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Lists the tokens that work."""
    return await _page(request)


@allow("admin")
async def add(request: web.Request) -> web.StreamResponse:
    """Makes a token of a role and shows it, for the only time."""
    me, by = request[STAFF], acts.by(request)
    form = await request.post()
    name, role = str(form.get("name", "")).strip(), str(form.get("role", ""))

    def act(conn: Connection, given: tuple[str, str]) -> str:
        token = create(conn, given[0], me.id, staff.known_role(given[1]), by.at)
        audit.note(conn, by, "token.made", f"staff/{me.id}", {"name": name, "role": role})
        return token

    try:
        if not name:
            raise Refused(_("Name what the token is for."), field="name")
        token = await request.app[SERVICES].database.write(act, (name, role))
    except Refused as error:
        return await _page(request, status=422, problem=error.message)
    return await _page(request, token=token)


@allow("admin")
async def end(request: web.Request) -> web.StreamResponse:
    """Ends a token."""
    by = acts.by(request)

    def act(conn: Connection, token_id: int) -> bool:
        done = revoke(conn, token_id, by.at)
        if done:
            audit.note(conn, by, "token.ended", f"token/{token_id}")
        return done

    if not await request.app[SERVICES].database.write(act, int(request.match_info["id"])):
        raise NotFound(_("There is no such token."))
    return redirect(request, "/tokens", say=_("The token no longer works."))


async def _page(request: web.Request, *, status: int = 200, problem: str = "", token: str = "") -> web.StreamResponse:
    found = await request.app[SERVICES].database.read(lambda conn, _arg: tokens.in_use(conn), None)
    return render(request, "tokens.html", status=status, tokens=found, roles=ROLES, problem=problem, token=token)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/tokens", show),
        web.post("/tokens", add),
        web.post(r"/tokens/{id:\d{1,15}}/end", end),
    ]
