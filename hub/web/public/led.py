"""Leading on: the links of promotions whose clicks are counted. Only where the hub itself once led a message.

The address holds no target, so nobody makes a link that leads elsewhere under our name. Whoever follows a link gets
there, also when the click cannot be counted.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from aiohttp import web
from sqlalchemy import Connection

from hub.model.click import machine
from hub.model.errors import HubError
from hub.store import clicks
from hub.store.clicks import Hit, Way
from hub.web.auth.access import public
from hub.web.pages.fields import read, write
from hub.web.rendering import render
from hub.web.services import SERVICES

log = logging.getLogger(__name__)

_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
# RFC 3986 2.2 and 2.1: what means something in an address stays; letters of other alphabets are not for a header.
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"


@public
async def follow(request: web.Request) -> web.Response:
    """Leads on to where the link leads, and counts it once a person; 404 for one that we never made."""
    services = request.app[SERVICES]

    def ask(conn: Connection, token: str) -> Way | None:
        return clicks.way(conn, services.keys, token)

    way = await read(request, ask, request.match_info["token"])
    if way is None:
        return render(request, "unknown_link.html", status=404, folder="public", headers=_HEADERS)
    now = services.clock()
    told = machine(request.method, request.headers, now, way.sent_at)
    if not (way.scanned if told else way.clicked):
        try:
            await write(request, clicks.note, Hit(way.message_id, way.key, way.links, told, now))
        except HubError as error:
            log.warning("a click is not counted: %s", error.message)
    return web.Response(status=302, headers={**_HEADERS, "Location": quote(way.url, safe=_AS_IT_IS)})


def routes() -> list[web.RouteDef]:
    return [web.get(r"/l/{token:[A-Za-z0-9_-]{30,100}}", follow)]
