"""Recordings that callers hear instead of words, or while they wait: uploaded, listened to, removed."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.web import FileField

from hub.desk import call_sounds as desk
from hub.model.errors import Refused
from hub.store import call_sounds as store
from hub.web import audit, call_sounds
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.pages.files import stream
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[a-z0-9][a-z0-9_-]{0,79}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.StreamResponse:
    """Lists the recordings, each with its player."""
    return await _page(request)


@allow(*EDITORS, body="files")
async def add(request: web.Request) -> web.StreamResponse:
    """Keeps a recording; one of the same name is replaced, and the next call hears the new one."""
    posted, by = await form_of(request), audit.by(request)
    file = (await request.post()).get("file")
    try:
        if not isinstance(file, FileField):
            raise Refused(_("Choose a file."), field="file")
        content = await asyncio.to_thread(file.file.read)
        await call_sounds.keep(request.app[SERVICES], text_of(posted, "name"), text_of(posted, "title"), content, by)
    except Refused as error:
        return await _page(request, error)
    return redirect(request, "/call-sounds", say=_("Kept. Choose it in a step of a call flow."))


@allow(*EDITORS)
async def remove(request: web.Request) -> web.StreamResponse:
    """Removes a recording that no call flow plays."""
    by = audit.by(request)
    try:
        await write(request, lambda conn, name: desk.remove_sound(conn, name, by), request.match_info["name"])
    except Refused as error:
        return await _page(request, error)
    return redirect(request, "/call-sounds", say=_("Removed."))


@allow(*EVERYBODY)
async def listen(request: web.Request) -> web.StreamResponse:
    """Plays a recording."""
    sound = await read(request, store.get, request.match_info["name"])
    headers = {"Content-Type": sound.content_type, "Cache-Control": "no-store"}
    return await stream(request, request.app[SERVICES].blobs, sound.sha256, sound.size, headers)


async def _page(request: web.Request, error: Refused | None = None) -> web.StreamResponse:
    sounds = await read(request, lambda conn, _arg: store.every(conn), None)
    return render(request, "call_sounds.html", sounds=sounds, error=error, status=422 if error else 200)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/call-sounds", show_all),
        web.post("/call-sounds", add),
        web.get(f"/call-sounds/{_NAME}", listen),
        web.post(f"/call-sounds/{_NAME}/remove", remove),
    ]
