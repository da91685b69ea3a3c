"""The world outside, asked guardedly: only public addresses, only so much, each redirect looked at anew."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hub.desk.mail_servers import dns
from hub.model.errors import Refused, Unavailable

log = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address
_LARGEST = 64 * 1024
_REDIRECTS = 3
_SECONDS, _CONNECT_SECONDS = 6.0, 3.0
# Standard Webhooks: a receiver answers within 15 to 30 seconds.
_POST_SECONDS = 20.0


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the internet: not this machine, not this network, nothing that maps to it."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        # 64:ff9b::/96 reaches an IPv4 address through a gateway of this network (RFC 6052).
        if inner is None and address.packed[:12] == b"\x00\x64\xff\x9b" + bytes(8):
            inner = IPv4Address(address.packed[12:])
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


class SystemResolver(AbstractResolver):
    """Looks names up as this machine does."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        return [
            ResolveResult(
                hostname=host, host=str(at[0]), port=int(at[1]), family=kind, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for kind, _, proto, _, at in found
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


class _Fenced(AbstractResolver):
    """Leaves out what may not be reached. What it lets pass is what is connected to, so that a name cannot change."""

    def __init__(self, inner: AbstractResolver, allows: Callable[[Address], bool]) -> None:
        self._inner, self._allows = inner, allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [each for each in found if self._allows(ip_address(each["host"].partition("%")[0]))]
        if not allowed:
            raise OSError(f"{host} is not on the internet")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


@dataclass(frozen=True, slots=True)
class Outside:
    """How strangers are asked; `allows` says which addresses may be reached."""

    nameservers: Sequence[tuple[str, int]] = field(default_factory=dns.nameservers)
    resolver: Callable[[], AbstractResolver] = SystemResolver
    allows: Callable[[Address], bool] = is_public
    tls: ssl.SSLContext | None = None

    def session(self, seconds: float) -> aiohttp.ClientSession:
        """Returns a session that reaches only what may be reached; which addresses are fit is asked before each hop."""
        timeout = aiohttp.ClientTimeout(total=seconds, connect=_CONNECT_SECONDS)
        connector = aiohttp.TCPConnector(
            resolver=_Fenced(self.resolver(), self.allows), ssl=self.tls or True, use_dns_cache=False
        )
        return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)

    async def fetch(self, url: str) -> bytes | None:
        """Returns what is published at an https address, None where nothing fit to be read is. Never raises for it."""
        try:
            async with self.session(_SECONDS) as session, asyncio.timeout(_SECONDS):
                return await _followed(session, url)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.debug("%s was not read: %s", url, error)
            return None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Hands something to another system and returns its status; redirects are not followed.

        Raises Refused for an address that is none of the internet's, and Unavailable where nobody answers.
        """
        timeout = aiohttp.ClientTimeout(total=_POST_SECONDS, connect=_CONNECT_SECONDS)
        connector = aiohttp.TCPConnector(
            resolver=_Fenced(self.resolver(), self.allows), ssl=self.tls or True, use_dns_cache=False
        )
        try:
            _check(url)
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
                session.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return response.status
        except ValueError as error:
            raise Refused(f"{error}: it must be https, by a name, on the usual port.") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{url} does not answer: {type(error).__name__}.") from error

    async def answers(self, host: str, port: int) -> bool:
        """Whether a server of the internet takes connections there; nothing is said to it."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                for at in await _Fenced(self.resolver(), self.allows).resolve(host, port):
                    _reader, writer = await asyncio.open_connection(at["host"], at["port"])
                    writer.close()
                    return True
        except (OSError, TimeoutError, ValueError) as error:
            log.debug("%s:%s does not answer: %s", host, port, error)
        return False

    async def exchanges(self, domain: str) -> list[str]:
        """Returns who takes the mail of a domain (MX), the preferred first."""
        return [target for _, target in sorted(await dns.mx(domain, self.nameservers))]

    async def texts(self, name: str) -> list[str]:
        """Returns the TXT records of a name. Raises NoAnswer where no name server could be asked."""
        return await dns.told(name, self.nameservers)

    async def names_of(self, address: str) -> list[str]:
        """Returns the names that an address is said to have (PTR)."""
        return await dns.ptr(address, self.nameservers)

    async def addresses(self, host: str) -> list[str]:
        """Returns the public addresses of a host; empty where it has none."""
        try:
            return sorted({str(at["host"]) for at in await _Fenced(self.resolver(), self.allows).resolve(host, 0)})
        except (OSError, ValueError) as error:
            log.debug("%s has no address: %s", host, error)
            return []

    async def starttls(self, host: str, port: int = 25) -> bool | None:
        """Says whether a mail server encrypts with a certificate that is its own; None where it cannot be reached."""
        try:
            async with asyncio.timeout(_SECONDS):
                for at in await _Fenced(self.resolver(), self.allows).resolve(host, port):
                    return await _encrypts(str(at["host"]), at["port"], host, self.tls)
        except (OSError, TimeoutError, ValueError, EOFError) as error:
            log.debug("%s:%s does not answer: %s", host, port, error)
        return None

    async def services(self, name: str) -> list[tuple[str, int]]:
        """Returns host and port of a service (SRV), the preferred first."""
        return [(target, port) for _, _, target, port in sorted(await dns.srv(name, self.nameservers))]


async def _encrypts(address: str, port: int, host: str, tls: ssl.SSLContext | None) -> bool:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        await _reply(reader)
        writer.write(b"EHLO hub.invalid\r\n")
        if b"STARTTLS" not in (await _reply(reader)).upper():
            return False
        writer.write(b"STARTTLS\r\n")
        if not (await _reply(reader)).startswith(b"220"):
            return False
        try:
            await writer.start_tls(tls or ssl.create_default_context(), server_hostname=host)
        except ssl.SSLError as error:
            log.debug("%s: %s", host, error)
            return False
        return True
    finally:
        writer.close()


async def _reply(reader: asyncio.StreamReader) -> bytes:
    """Returns the lines of one answer (RFC 5321 section 4.2.1)."""
    lines = b""
    while len(lines) < _LARGEST:
        line = await reader.readline()
        lines += line
        if len(line) < 4 or line[3:4] != b"-":
            return lines
    raise ValueError("an answer without an end")


async def _followed(session: aiohttp.ClientSession, url: str) -> bytes | None:
    for _ in range(_REDIRECTS + 1):
        _check(url)
        async with session.get(url, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308):
                url = urljoin(url, response.headers.get("Location", ""))
                continue
            if response.status != 200:
                return None
            read = bytearray()
            async for piece in response.content.iter_any():
                read += piece
                if len(read) > _LARGEST:
                    return None
            return bytes(read)
    return None


def _check(url: str) -> None:
    """Raises ValueError for what is not fetched: no TLS, an address instead of a name, another port, a password."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.port not in (None, 443) or parts.username or "." not in host:
        raise ValueError(f"{url} is not fetched")
    try:
        ip_address(host)
    except ValueError:
        return
    raise ValueError(f"{url} names an address")
