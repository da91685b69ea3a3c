"""The audit log as a page."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import Refused
from hub.store import audit
from hub.web.auth.access import allow
from hub.web.i18n import _
from hub.web.rendering import render
from hub.web.services import SERVICES

_ROWS = 50


@allow("admin", "auditor")
async def show(request: web.Request) -> web.StreamResponse:
    """Lists what staff did, newest first; with `check=1` it looks whether anything was changed or removed since."""
    services = request.app[SERVICES]
    before, check = request.query.get("before", ""), request.query.get("check") == "1"
    if before and not (before.isdecimal() and len(before) < 16):
        raise Refused(_("This page of the log does not exist."), field="before")

    def look(conn: Connection, last: int | None) -> tuple[list[dict[str, object]], int | None]:
        broken = audit.broken_at(conn, services.keys.audit) if check else None
        return audit.page(conn, last, _ROWS + 1), broken

    rows, broken = await services.database.read(look, int(before) if before else None)
    older = rows[_ROWS - 1]["id"] if len(rows) > _ROWS else None
    return render(request, "audit.html", rows=rows[:_ROWS], older=older, checked=check, broken=broken)


def routes() -> list[web.RouteDef]:
    return [web.get("/audit", show)]
