"""Throttles: how often an address, an account or a token may ask."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta

from aiohttp import web

from hub.store import throttle
from hub.web.errors import TooMany
from hub.web.i18n import _
from hub.web.services import SERVICES

_MOST_KEPT = 10_000


class Pace:
    """Counts calls in this process's memory: exact enough for a token's pace, and no commit a call.

    Several web processes let through as many times more.
    """

    def __init__(self, limit: int, per: timedelta) -> None:
        self.limit = limit
        self.seconds = per.total_seconds()
        self._counts: dict[tuple[object, int], int] = {}

    def wait(self, key: object, now: datetime) -> float:
        """Counts a call and returns how many seconds to wait before the next one, 0 = go on."""
        window = int(now.timestamp() // self.seconds)
        if len(self._counts) > _MOST_KEPT:
            self._counts = {each: count for each, count in self._counts.items() if each[1] == window}
        count = self._counts[key, window] = self._counts.get((key, window), 0) + 1
        return 0.0 if count <= self.limit else max(1.0, (window + 1) * self.seconds - now.timestamp())


API_CALLS = web.AppKey("api_calls", Pace)
API_PACE = (600, timedelta(minutes=1))


def attempt(request: web.Request, what: str, who: str, limit: int, per: timedelta) -> throttle.Try:
    """Returns one try of something by somebody, who is kept as a keyed digest only."""
    services = request.app[SERVICES]
    digest = hmac.new(services.keys.links, f"throttle/{what}/{who}".encode("utf-8", "replace"), hashlib.sha256)
    return throttle.Try(key=f"{what}/{digest.hexdigest()[:32]}", limit=limit, per=per, now=services.clock())


async def throttled(request: web.Request, what: str, who: str, limit: int, per: timedelta) -> throttle.Try:
    """Counts a try, in the database and at once, and returns it. Raises TooMany beyond the limit.

    `what` names the act (`form/contact`), `who` the address (`address(request)`) or account.
    """
    tried = attempt(request, what, who, limit, per)
    if wait := await request.app[SERVICES].database.submit(throttle.take, tried):
        raise TooMany(
            _("This was tried too often."), retry_after=wait, next_step=_("Wait a few minutes, then try again.")
        )
    return tried


def address(request: web.Request) -> str:
    """Returns from where a request comes, as throttles count it: an IPv6 network of 64 bits is one household."""
    try:
        ip = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return request.remote or "unknown"
    if ip.version == 6 and not ip.ipv4_mapped:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
