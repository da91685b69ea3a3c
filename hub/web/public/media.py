"""Media: the files of a text that we send, for its provider to fetch by a signed address, until that ends."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.store import media_links
from hub.web.auth.access import public
from hub.web.i18n import _
from hub.web.pages.fields import read
from hub.web.pages.files import attachment_headers, stream
from hub.web.services import SERVICES


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Hands out a file of a text that is on its way. Raises NotFound for anything but an address of ours in time."""
    services = request.app[SERVICES]

    def ask(conn: Connection, token: str) -> tuple[str, int, str, str]:
        file = media_links.read(conn, services.keys, token, services.clock())
        if file is None:
            raise NotFound(_("There is nothing at this address."))
        return file["sha256"], int(file["size"] or 0), file.get("filename", ""), file.get("content_type", "")

    sha256, size, filename, content_type = await read(request, ask, request.match_info["token"])
    headers = attachment_headers(filename, content_type)
    if content_type == "application/pdf":
        # Twilio goes by the type it is told (error 12300 for octet-stream); as an attachment no browser shows it here.
        headers["Content-Type"] = content_type
    headers["X-Robots-Tag"] = "noindex, nofollow"
    return await stream(request, services.blobs, sha256, size, headers)


def routes() -> list[web.RouteDef]:
    return [web.get(r"/m/{token:[A-Za-z0-9_-]{18,100}}", show)]
