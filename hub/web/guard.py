"""The guard at the door: who really calls behind a proxy, and what browsers are told to forbid."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

from hub.model.errors import ConfigurationError
from hub.web.auth.access import Handler
from hub.web.auth.cookies import over_https
from hub.web.keys import REQUEST_ID
from hub.web.seen_address import BELIEVED
from hub.web.services import SERVICES

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors {}; base-uri 'none'"
)
PAGE_POLICY = _POLICY.format("'none'")
# What customers fill in stands in frames on the business's own site.
PUBLIC_POLICY = _POLICY.format("*")
_TWO_YEARS = "max-age=63072000"
_ALWAYS = (
    ("Content-Security-Policy", PAGE_POLICY),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PROXIES = web.AppKey("proxies", tuple[Network, ...])


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Puts on every response what keeps browsers safe; a handler that set one of them knows better."""
    headers = response.headers
    for name, value in _ALWAYS:
        headers.setdefault(name, value)
    if over_https(request.app[SERVICES]):
        headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
    headers["Server"] = "hub"
    if REQUEST_ID in request:
        headers["X-Request-Id"] = request[REQUEST_ID]


@web.middleware
async def through_proxies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Takes the caller's address from X-Forwarded-For where a trusted proxy says it, and from nobody else.

    Each proxy appends who called it: read from the right, the first that is no proxy of ours is the caller.
    """
    trusted = request.app[PROXIES]
    if not trusted:
        return await handler(request)
    remote = request.remote or ""
    if not _is_in(remote, trusted):
        return await handler(request)
    request[BELIEVED] = True
    for hop in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
        if not hop.strip():
            break
        remote = hop.strip()
        if not _is_in(remote, trusted):
            break
    return await handler(request.clone(remote=remote))


def networks(addresses: Sequence[str]) -> tuple[Network, ...]:
    """Returns the networks that proxies are trusted in. Raises ConfigurationError."""
    try:
        return tuple(ipaddress.ip_network(each, strict=False) for each in addresses)
    except ValueError as error:
        raise ConfigurationError(
            f"[hub] trusted_proxies: {error}.", next_step="Write addresses or networks as 10.0.0.0/8."
        ) from error


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in trusted)
