"""The address under which a request reached us: a proposal for the public address, and nothing else.

No link, signature or webhook is made of it: whoever sends the request chooses Host, and a proxy that nobody named as
trusted chooses X-Forwarded-Host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?\Z")
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Seen:
    """`url`: empty where it is no address; `untrusted`: the proxy that speaks for others and is not believed."""

    url: str
    untrusted: str = ""


# Who handed a request to us is a proxy whose word counts; missing where it is not.
BELIEVED = web.RequestKey("believed", bool)


def seen(request: web.Request) -> Seen:
    """Reads where a request was sent to."""
    forwarded = any(name in request.headers for name in _FORWARDED)
    if request.get(BELIEVED, False):
        host = _last(request, "X-Forwarded-Host") or request.headers.get("Host", "")
        return Seen(_address(_last(request, "X-Forwarded-Proto") or request.scheme, host))
    untrusted = (request.remote or "") if forwarded else ""
    return Seen(_address(request.scheme, request.headers.get("Host", "")), untrusted)


def _last(request: web.Request, header: str) -> str:
    """Returns what the nearest proxy said: it stands last, where each appends its own."""
    return ",".join(request.headers.getall(header, [])).rpartition(",")[2].strip()


def _address(scheme: str, host: str) -> str:
    scheme, host = scheme.lower(), host.lower()
    if scheme not in _DEFAULT_PORTS or not _HOST.match(host):
        return ""
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS[scheme])}"
