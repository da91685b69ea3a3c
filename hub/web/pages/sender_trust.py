"""Who vouches for senders: whose results count for a mailbox, and whose stand on top of its mails."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from channels.base import Vouches
from hub.desk import sender_trust as desk
from hub.model.errors import NotFound
from hub.store import authserv
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what proves who wrote the mails of a channel, and asks about the server that stamps them."""
    services, name = request.app[SERVICES], _mailbox(request)
    stamps = await read(request, authserv.stamps, name)
    kept = await read(request, authserv.trusted, name)
    section = services.settings.written.channels.get(name)
    written = section.settings.get("authserv_ids", ()) if section else ()
    servers = [written] if isinstance(written, str) else list(written)
    verifies = bool(section and section.settings.get("verify_dkim"))
    return render(request, "sender_trust.html", name=name, stamps=stamps, kept=kept, written=servers, verifies=verifies)


@allow("admin")
async def save(request: web.Request) -> web.StreamResponse:
    """Sets whose results count, or notes whose do not. `?trust=`: the server that "Needs you" asks about."""
    services, name, by = request.app[SERVICES], _mailbox(request), audit.by(request)
    form = await form_of(request)
    if text_of(form, "act") == "not":
        server = text_of(form, "server")
        await write(request, lambda conn, named: desk.disown_server(conn, name, named, by), server)
        return redirect(request, f"/channels/{name}/senders")
    servers = [*text_of(form, "servers").split(), *text_of(form, "server").split()]
    asked = request.query.get("trust", "")

    def act(conn: Connection, named: list[str]) -> None:
        if asked:
            desk.trust_suggested(conn, name, asked, by)
        else:
            desk.trust_servers(conn, name, named, by)

    await write(request, act, servers)
    services.take_up_settings()
    return redirect(request, f"/channels/{name}/senders", say=_("Saved. It counts for mails from now on."))


def _mailbox(request: web.Request) -> str:
    name = request.match_info["name"]
    if not isinstance(request.app[SERVICES].channels.get(name), Vouches):
        raise NotFound(_("There is no mailbox of this name."))
    return name


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/channels/{name:\w+}/senders", show),
        web.post(r"/channels/{name:\w+}/senders", save),
    ]
