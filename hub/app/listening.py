"""The listening sockets of a process: opened once, so that nobody is refused while the hub takes up new settings."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hub.model.errors import ConfigurationError

_BACKLOG = 512


@asynccontextmanager
async def listening(host: str, port: int) -> AsyncIterator[Sequence[socket.socket]]:
    """Yields sockets that listen on every address of the host (empty: of this machine). Raises ConfigurationError."""
    sockets: list[socket.socket] = []
    try:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            for family, kind, protocol, _name, address in dict.fromkeys(found):
                sockets.append(_bound(family, kind, protocol, address))
        except OSError as error:
            raise ConfigurationError(
                f"The hub cannot listen on {host}:{port}: {error.strerror}.",
                next_step="Stop what listens there, or choose another with --port or HUB_PORT.",
            ) from error
        yield sockets
    finally:
        for each in sockets:
            each.close()


def _bound(family: int, kind: int, protocol: int, address: tuple[object, ...]) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made
