"""One message of ours: every step it took, why, and what became of it."""

from __future__ import annotations

from aiohttp import web

from hub.outreach.why import story
from hub.web.auth import allow
from hub.web.pages.fields import EVERYBODY, path_id, read
from hub.web.rendering import render


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the story of a message."""
    return render(request, "message.html", story=await read(request, story, path_id(request)))


def routes() -> list[web.RouteDef]:
    return [web.get(r"/messages/{id:\d+}", show)]
