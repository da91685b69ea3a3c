"""Trying a link as its reader would follow it, guarded as everything that is fetched (security.md, row 24)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import aiohttp

from hub.desk.mail_servers.outside import Outside

_REDIRECTS = 5
_SECONDS = 10.0
_AT_ONCE = 6
_ALLOWED_PORTS = (None, 80, 443)
# A page may be there and refuse machines; it may want another method.
_THERE = frozenset({401, 403, 405, 406, 429})


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a link: `good`: somebody answers there; `said`: the status, where it leads, or what is wrong."""

    url: str
    good: bool
    said: str

    def as_json(self) -> dict[str, object]:
        return {"url": self.url, "good": self.good, "said": self.said}


async def try_links(urls: Sequence[str], outside: Outside) -> list[Tried]:
    """Returns what became of each link, in order; at most ten seconds each, a few at once."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(url: str) -> Tried:
        async with places:
            return await _try(url, outside)

    return list(await asyncio.gather(*map(one, urls)))


async def _try(url: str, outside: Outside) -> Tried:
    try:
        async with asyncio.timeout(_SECONDS), outside.session(_SECONDS) as session:
            at = url
            for _ in range(_REDIRECTS + 1):
                if wrong := _wrong(at):
                    return Tried(url, good=False, said=wrong)
                async with session.get(at, allow_redirects=False) as response:
                    if response.status in (301, 302, 303, 307, 308) and response.headers.get("Location"):
                        at = urljoin(at, response.headers["Location"])
                        continue
                    return _told(url, at, response.status)
            return Tried(url, good=False, said="it leads in circles")
    except TimeoutError:
        return Tried(url, good=False, said=f"no answer within {_SECONDS:.0f} seconds")
    except aiohttp.ClientConnectorCertificateError:
        return Tried(url, good=False, said="its certificate is not valid")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Tried(url, good=False, said=f"it cannot be reached: {str(error)[:200] or type(error).__name__}")


def _told(url: str, at: str, status: int) -> Tried:
    leads = "" if at == url else f", leads to {at[:300]}"
    return Tried(url, good=status < 400 or status in _THERE, said=f"{status}{leads}")


def _wrong(url: str) -> str:
    """Says why an address is not followed: what a reader's browser would not, or what is not on the internet."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is no address"
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username:
        return "this is no address of a page"
    if port not in _ALLOWED_PORTS:
        return "another port than that of web pages is not tried"
    try:
        ip_address(host)
    except ValueError:
        return "" if "." in host else f"{host} is not on the internet"
    return "an address in numbers is not tried"
