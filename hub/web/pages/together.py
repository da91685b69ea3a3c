"""What may belong to a conversation: shown on its page; joined by a click, or said to be apart."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import together
from hub.desk.together import Parting, Suggested
from hub.model.errors import NotFound, Refused
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import READERS, WORKERS, form_of, is_part, needed_id, path_id, read, write
from hub.web.rendering import redirect, render


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what may belong to a conversation, by itself or as a part of its page."""
    conversation_id = path_id(request)

    def ask(conn: Connection, number: int) -> tuple[list[Suggested], list[Parting]]:
        return together.suggestions(conn, number), together.partings(conn, number)

    try:
        found, joined = await read(request, ask, conversation_id)
    except Refused:
        raise NotFound(_("This conversation was joined with another.")) from None
    return render(
        request,
        "together.html",
        block="suggested" if is_part(request) else None,
        conversation_id=conversation_id,
        suggested=found,
        joined=joined,
        part=is_part(request),
    )


@allow(*WORKERS)
async def join(request: web.Request) -> web.StreamResponse:
    """Makes one conversation of two, and shows it."""
    conversation_id, by = path_id(request), audit.by(request)
    other = needed_id(await form_of(request), "other")

    def act(conn: Connection, number: int) -> int:
        return together.join(conn, number, other, by)

    kept = await write(request, act, conversation_id)
    return redirect(request, f"/conversations/{kept}", say=_("The two conversations are one now."))


@allow(*WORKERS)
async def apart(request: web.Request) -> web.StreamResponse:
    """Notes that two conversations are not about one matter."""
    conversation_id, by = path_id(request), audit.by(request)
    other = needed_id(await form_of(request), "other")
    await write(request, lambda conn, number: together.keep_apart(conn, number, other, by), conversation_id)
    return redirect(request, f"/conversations/{conversation_id}")


@allow(*WORKERS)
async def part(request: web.Request) -> web.StreamResponse:
    """Parts two conversations that were joined, and shows the one that is its own again."""
    conversation_id, by = path_id(request), audit.by(request)
    join_id = needed_id(await form_of(request), "join")
    _kept, gone = await write(request, lambda conn, number: together.part(conn, number, join_id, by), conversation_id)
    return redirect(request, f"/conversations/{gone}", say=_("The two conversations are apart again."))


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/conversations/{id:\d+}/together", show),
        web.post(r"/conversations/{id:\d+}/join", join),
        web.post(r"/conversations/{id:\d+}/apart", apart),
        web.post(r"/conversations/{id:\d+}/part", part),
    ]
