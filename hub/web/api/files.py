"""Files out: streamed from the blobs, always as an attachment, whatever they say they are."""

from __future__ import annotations

import asyncio
from itertools import chain
from urllib.parse import quote

from aiohttp import web

from hub.web.api.call import Call
from hub.web.pieces import send_pieces


def send_bytes(content: bytes, filename: str) -> web.Response:
    """Returns bytes as a file."""
    return web.Response(body=content, headers=_headers(filename))


async def send_blob(call: Call, sha256: str, filename: str) -> web.StreamResponse:
    """Streams a blob as a file. Raises NotFound, before anything is sent, when its bytes are gone."""
    chunks = call.services.blobs.chunks(sha256)
    chunk = await asyncio.to_thread(next, chunks, b"")
    response = web.StreamResponse(headers=_headers(filename))
    await send_pieces(call.request, response, chain((chunk,), chunks))
    return response


def _headers(filename: str) -> dict[str, str]:
    # RFC 8187: every character but letters and digits is escaped, so no name can end the header.
    name = quote(filename.encode("utf-8", "replace"), safe="")
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
