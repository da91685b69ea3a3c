"""A web room with one API call and one stream of its own, for the rules that every route of a sort obeys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from hub.store.session import Database, open_database
from hub.web import app as web_app
from hub.web.auth import STAFF, allow, public_files
from hub.web.body import parts
from tests.web_room import Clock, WebRoom, services_for, web_room


@allow("viewer", "agent", "admin")
async def _echo(request: web.Request) -> web.Response:
    if request.method == "POST":
        await request.json()
    return web.Response(text=request[STAFF].role)


@allow("agent", body="stream")
async def _stream(request: web.Request) -> web.Response:
    lines = []
    async for part in parts(request):
        size = 0
        async for chunk in part.chunks():
            size += len(chunk)
        lines.append(f"{part.name} {part.filename} {part.content_type} {size}")
    return web.Response(text="\n".join(lines))


@public_files
async def _files(request: web.Request) -> web.Response:
    form = await request.post()
    return web.Response(text=" ".join(sorted(form)))


def _routes() -> list[web.RouteDef]:
    return [
        web.get("/api/echo", _echo),
        web.post("/api/echo", _echo),
        web.post("/test/stream", _stream),
        web.post("/test/files", _files),
    ]


@pytest.fixture
def own_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds the routes of these tests to every web room that is made."""
    monkeypatch.setattr(web_app, "ROUTES", (*web_app.ROUTES, _routes))


@pytest.fixture
async def small(own_routes: None, sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[WebRoom]:
    """A web room over SQLite."""
    database: Database = open_database(sqlite_store_url)
    await database.open()
    clock = Clock()
    async with web_room(services_for(database, tmp_path, clock), clock) as running:
        yield running
    await database.close()
