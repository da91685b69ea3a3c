"""Purchases: the newest of everybody; each stands in its buyer's history."""

from __future__ import annotations

from aiohttp import web

from hub.insight.paging import read_time_cursor
from hub.insight.purchases import purchase_lines
from hub.web.auth import allow
from hub.web.pages.fields import EVERYBODY, is_part, read
from hub.web.rendering import render


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Lists purchases, newest first."""
    before = read_time_cursor(request.query.get("before", ""))
    page = await read(request, lambda conn, _arg: purchase_lines(conn, before=before), None)
    return render(request, "purchases.html", block="lines" if is_part(request) else None, page=page)


def routes() -> list[web.RouteDef]:
    return [web.get("/purchases", show)]
