"""One message of ours: every step it took, why, and what became of it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.outreach.why import story
from hub.store import prices
from hub.web.auth import allow
from hub.web.pages.fields import EVERYBODY, path_id, read
from hub.web.rendering import render


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the story of a message, and what it cost once its provider has said so."""

    def ask(conn: Connection, message_id: int) -> dict[str, Any]:
        return {"story": story(conn, message_id), "price": prices.of_message(conn, message_id)}

    return render(request, "message.html", **await read(request, ask, path_id(request)))


def routes() -> list[web.RouteDef]:
    return [web.get(r"/messages/{id:\d+}", show)]
