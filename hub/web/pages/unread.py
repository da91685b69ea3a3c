"""What could not be read: each arrival with its reason, as it came, to be tried again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from channels.base import Parses
from hub.insight.health import unread, unread_ids
from hub.insight.paging import read_id
from hub.model.errors import NotFound
from hub.store import audit as acts
from hub.store import interactions, veil
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _, ngettext
from hub.web.pages.fields import READERS, WORKERS, path_id, read, write
from hub.web.pages.files import attachment_headers
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_SHOWN = 50
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying again."""

    read: int
    still: int


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what could not be read, newest first."""
    before, channel = read_id(request.query.get("before", "")), request.query.get("channel", "")[:40]
    items = await read(request, lambda conn, _arg: unread(conn, channel=channel, before=before, limit=_SHOWN + 1), None)
    following = items[_SHOWN - 1].id if len(items) > _SHOWN else None
    return render(request, "unread.html", items=items[:_SHOWN], next=following)


@allow("agent", "admin", "auditor", hidden=True)
async def raw(request: web.Request) -> web.StreamResponse:
    """Hands out an arrival as it came."""
    services, number = request.app[SERVICES], path_id(request)
    row = await read(request, veil.arrival, number)
    if row is None or row["state"] != "quarantined":
        raise NotFound(_("There is nothing at this address."))
    content = row["raw"]
    if content is None:
        content = await asyncio.to_thread(services.blobs.read, row["raw_blob"])
    name = f"{row['channel']}-{number}.{'eml' if row['content_type'] == 'message/rfc822' else 'bin'}"
    return web.Response(body=content, headers=attachment_headers(name, "application/octet-stream"))


@allow(*WORKERS)
async def retry(request: web.Request) -> web.StreamResponse:
    """Reads one arrival again."""
    tried = await _retry(request, [path_id(request)])
    if not tried.read + tried.still:
        raise NotFound(_("There is nothing to try again under this number."))
    said = _("It could be read.") if tried.read else _("It still cannot be read.")
    return redirect(request, "/unread", say=said)


@allow(*WORKERS)
async def retry_all(request: web.Request) -> web.StreamResponse:
    """Reads the oldest of what could not be read again."""
    tried = await _retry(request, await read(request, unread_ids, _AT_ONCE))
    said = ngettext("%(num)s could be read now.", "%(num)s could be read now.", tried.read) % {"num": tried.read}
    return redirect(request, "/unread", say=said)


async def _retry(request: web.Request, arrivals: list[int]) -> Tried:
    services, done, still = request.app[SERVICES], 0, 0
    for number in arrivals:
        row = await read(request, interactions.arrival, number)
        reader = services.channels.get(row["channel"]) if row else None
        if not isinstance(reader, Parses):
            still += row is not None and row["state"] == "quarantined"
            continue
        captured = await services.intake.retry(number, reader)
        if captured is not None:
            done, still = (done, still + 1) if captured.failure else (done + 1, still)
    by = audit.by(request)

    def tell(conn: Connection, tried: Tried) -> None:
        acts.note(conn, by, "unread.retried", "", {"read": tried.read, "still": tried.still})

    tried = Tried(done, still)
    if done + still:
        await write(request, tell, tried)
    return tried


def routes() -> list[web.RouteDef]:
    return [
        web.get("/unread", show),
        web.get(r"/unread/{id:\d+}/raw", raw),
        web.post("/unread/retry", retry_all),
        web.post(r"/unread/{id:\d+}/retry", retry),
    ]
