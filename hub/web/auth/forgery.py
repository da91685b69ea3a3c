"""Forged forms: a POST must come from our own page, by what the browser says of its origin and by its token."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from hub.model.errors import NotAllowed
from hub.web.i18n import _
from hub.web.services import Services

FIELD, HEADER = "csrf", "X-CSRF-Token"


def check_same_site(request: web.Request, services: Services) -> None:
    """Raises NotAllowed when the browser says that another site sent this.

    `Sec-Fetch-Site` decides where it is sent (https and localhost only). Else `Origin`, where it names somebody: our
    pages' own policy of no referrer makes it "null" on their forms (Fetch standard, "serializing a request origin"),
    and then the token decides alone.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site in ("same-origin", "none"):
        return
    origin = request.headers.get("Origin", "null")
    if site is not None or (origin != "null" and _host(origin) not in _ours(request, services)):
        raise NotAllowed(
            _("This form was sent from another site."), next_step=_("Open the page in the hub and send it from there.")
        )


async def check_form(request: web.Request, expected: str) -> None:
    """Raises NotAllowed unless the request carries the form token, in its header or in its field."""
    given = request.headers.get(HEADER)
    if given is None:
        field = (await request.post()).get(FIELD, "") if request.body_exists else ""
        given = field if isinstance(field, str) else ""
    check_token(given, expected)


def check_token(given: str, expected: str) -> None:
    """Raises NotAllowed unless the token is the expected one, in constant time."""
    if not expected or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise NotAllowed(
            _("This page was open too long, or in a browser that forgets."),
            next_step=_("Load it again and send the form once more."),
        )


def _ours(request: web.Request, services: Services) -> frozenset[str]:
    own = (_host(services.public_url), _host(services.local_url), request.headers.get("Host", "").lower())
    return frozenset(host for host in own if host)


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return "?"
