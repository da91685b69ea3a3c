"""A body sent in pieces, as files are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web


async def send_pieces(request: web.Request, response: web.StreamResponse, pieces: Iterator[bytes]) -> None:
    """Sends a response whose body comes in pieces, read in a thread; to HEAD its head alone.

    aiohttp writes whatever a streamed response is given, and on a connection that goes on, a body after HEAD is read
    as the next answer (RFC 9112 6.3): a customer's file would speak for the hub to whoever shares a proxy.
    """
    await response.prepare(request)
    if request.method != "HEAD":
        while piece := await asyncio.to_thread(next, pieces, b""):
            await response.write(piece)
    await response.write_eof()
