"""Sounds: the recordings that callers hear, for the provider of calls to fetch by a signed address, until it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound
from hub.store import call_sounds
from hub.store.call_sounds import Sound
from hub.web.auth.access import public
from hub.web.i18n import _
from hub.web.pages.fields import read
from hub.web.pages.files import stream
from hub.web.services import SERVICES, Services


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Hands out a recording. Raises NotFound for anything but an address of ours in time."""
    services = request.app[SERVICES]

    def ask(conn: Connection, token: str) -> Sound:
        sound = call_sounds.read(conn, services.keys, token, services.clock())
        if sound is None:
            raise NotFound(_("There is nothing at this address."))
        return sound

    sound = await read(request, ask, request.match_info["token"])
    # Twilio asks again only when this tells it to (https://www.twilio.com/docs/voice/twiml/play#hints).
    headers = {
        "Content-Type": sound.content_type,
        "Cache-Control": "public, max-age=3600",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return await stream(request, services.blobs, sound.sha256, sound.size, headers)


def addressed(services: Services, channel: str, lent: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """Returns what a call's step is lent, with the address of each recording in place of its hash."""
    kept = lent["hub"].get("sounds")
    if not kept:
        return lent
    base = services.address_of(channel).rstrip("/")
    made = {name: f"{base}/sounds/{call_sounds.token(services.keys, name, sha, now)}" for name, sha in kept.items()}
    return {**lent, "hub": {**lent["hub"], "sounds": made}}


def routes() -> list[web.RouteDef]:
    return [web.get(r"/sounds/{token:[A-Za-z0-9_-]{34,200}}", show)]
