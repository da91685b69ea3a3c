"""Streams pictures, files and recordings, with credentials to Twilio alone and never into our own network."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import AsyncIterator

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from channels.twilio_wire.settings import Account
from channels.twilio_wire.wire import authorization
from hub.model.errors import Rejected, Temporary, Unavailable

_CHUNK = 65_536
_MOST_HOPS = 4
_RECORDING = re.compile(r"(/2010-04-01/Accounts/\w+/Recordings/RE\w+)(\.\w+)?\Z")
_NOT_READY = {"in-progress", "paused", "stopped", "processing"}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=10, sock_read=10)


class PublicResolver(AbstractResolver):
    """Resolves to public addresses only; the one checked is the one connected to, so rebinding gains nothing."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Says whether an IP address is one on the Internet; an IPv6 form of an IPv4 address counts as what it holds."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner: ipaddress.IPv4Address | None = None
    if isinstance(parsed, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF) if parsed in _NAT64 else None
        inner = parsed.ipv4_mapped or parsed.sixtofour or translated
    return (inner or parsed).is_global and not parsed.is_multicast


class MediaReader:
    """Reads one account's media. `account.media_base` is the only place that ever sees the credentials."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._home = {URL(account.base_url).origin(), URL(account.media_base).origin()}
        self._twilio: aiohttp.ClientSession | None = None
        self._elsewhere: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        for session in (self._twilio, self._elsewhere):
            if session is not None:
                await session.close()
        self._twilio = self._elsewhere = None

    async def read(self, url: str) -> AsyncIterator[bytes]:
        """Yields the bytes. Raises Rejected (not ours to fetch, or gone), Temporary or Unavailable."""
        start = _parsed(url)
        if not start.absolute or start.origin() not in self._home:
            raise Rejected("The file was not fetched: its address is not Twilio's.", phase="guard")
        async with await self._open(start) as answer:
            await self._refuse_failures(answer, start)
            try:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    yield chunk
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                raise Temporary("The file broke off while it was fetched; it is tried again.") from error

    async def _open(self, url: URL) -> aiohttp.ClientResponse:
        for _hop in range(_MOST_HOPS):
            answer = await self._get(url)
            if answer.status not in {301, 302, 303, 307, 308}:
                return answer
            answer.release()
            url = url.join(_parsed(answer.headers.get("Location", "")))
        raise Rejected("The file was not fetched: Twilio redirected too often.", phase="guard")

    async def _get(self, url: URL) -> aiohttp.ClientResponse:
        at_home = url.origin() in self._home
        if not at_home and (url.scheme != "https" or (_is_address(url.host) and not is_public(url.host or ""))):
            raise Rejected(
                "The file was not fetched: it was redirected to an address that is not public.", phase="guard"
            )
        credentials: dict[str, str] = {}
        if at_home:
            self._twilio = self._twilio or aiohttp.ClientSession()
            credentials = authorization(self._account.account_sid, self._account.auth_tokens[0])
            session = self._twilio
        else:
            self._elsewhere = self._elsewhere or aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=PublicResolver())
            )
            session = self._elsewhere
        try:
            return await session.get(url, allow_redirects=False, timeout=_TIMEOUT, headers=credentials)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Temporary("The file could not be fetched yet; it is tried again.", phase="connect") from error

    async def _refuse_failures(self, answer: aiohttp.ClientResponse, start: URL) -> None:
        status = answer.status
        if status < 300:
            return
        if status in {401, 403} and answer.url.origin() in self._home:
            raise Unavailable("Twilio refused the account SID and auth token for media; check auth_tokens.")
        if status == 404 and await self._recording_is_coming(start):
            raise Temporary("The recording is not ready yet; it is tried again.")
        if status == 429 or status >= 500:
            raise Temporary(f"Twilio answered {status} for a file; it is tried again.", provider_code=str(status))
        raise Rejected(f"The file is gone (Twilio answered {status}).", provider_code=str(status))

    async def _recording_is_coming(self, url: URL) -> bool:
        """Asks for the recording itself: until it is processed its audio answers 404 as well."""
        match = _RECORDING.match(url.path)
        if not match:
            return False
        async with await self._get(url.with_path(f"{match[1]}.json")) as answer:
            if answer.status != 200:
                return False
            try:
                recording = await answer.json(content_type=None)
            except ValueError:
                return False
        return isinstance(recording, dict) and recording.get("status") in _NOT_READY


def _is_address(host: str | None) -> bool:
    try:
        ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return False
    return True


def _parsed(url: str) -> URL:
    unreadable = Rejected("The file was not fetched: its address cannot be read.", phase="guard")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise unreadable
    try:
        parsed = URL(url, encoded=True)  # as it came: a signed address does not survive being requoted
        if parsed.absolute:
            parsed.origin()
    except ValueError:
        raise unreadable from None
    if parsed.user or parsed.password:
        raise unreadable
    return parsed
