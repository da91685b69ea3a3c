"""Today: what needs this reader now."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.today import Today, today
from hub.web.auth import STAFF, allow
from hub.web.pages.fields import EVERYBODY, day_span, read, today_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows open conversations, tasks, appointments and problems; a marketer begins with the customers."""
    if request[STAFF].role == "marketer":
        return redirect(request, "/customers")
    start, end = day_span(request, today_of(request))
    channels = tuple(request.app[SERVICES].settings.channels)

    def ask(conn: Connection, staff_id: int) -> Today:
        return today(conn, staff_id, start, end, channels)

    found = await read(request, ask, request[STAFF].id)
    return render(request, "today.html", **{name: getattr(found, name) for name in Today.__slots__}, calm=found.calm)


def routes() -> list[web.RouteDef]:
    return [web.get("/", show)]
