"""Files: what is stored is handed out as a file to keep, never as a page; a recording in the parts asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from aiohttp import web

from hub.model.clean import clean_label
from hub.model.errors import NotFound
from hub.store.blobs import Blobs
from hub.web.i18n import _
from hub.web.pieces import send_pieces

# Types that a browser might run or show as a page, were the header below not heeded.
_ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript", "x-shockwave-flash", "pdf")
_TYPE_LENGTH = 100


def attachment_headers(filename: str, content_type: str) -> dict[str, str]:
    """Returns headers that make a browser save a file under a harmless name (RFC 6266, RFC 8187)."""
    label = clean_label(filename)
    plain = "".join(character if character.isascii() and character not in '"\\%' else "_" for character in label)
    return {
        "Content-Type": _harmless(content_type),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(label, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def _harmless(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    token = kind.replace("/", "", 1).replace("-", "").replace(".", "").replace("+", "")
    known = kind.count("/") == 1 and token.isascii() and token.isalnum() and len(kind) <= _TYPE_LENGTH
    return kind if known and not any(word in kind for word in _ACTIVE) else "application/octet-stream"


async def stream(
    request: web.Request, blobs: Blobs, sha256: str, size: int, headers: dict[str, str], *, ranges: bool = False
) -> web.StreamResponse:
    """Sends a blob in pieces, or the part of it that a Range header asks for. Raises NotFound when it is gone."""
    start, end, status = 0, size, 200
    if ranges:
        headers = {**headers, "Accept-Ranges": "bytes"}
        try:
            asked = request.http_range
        except ValueError:
            asked = slice(size, None)
        if asked.start is not None or asked.stop is not None:
            start = asked.start if asked.start is not None else 0
            start = max(size + start, 0) if start < 0 else start
            end = min(asked.stop, size) if asked.stop is not None else size
            if start >= end:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            headers, status = {**headers, "Content-Range": f"bytes {start}-{end - 1}/{size}"}, 206
    pieces = _pieces(blobs.chunks(sha256), start, end)
    # The first piece is read before the answer begins, so that a lost file is a 404 and no broken download.
    piece = await asyncio.to_thread(next, pieces, b"")
    if not piece and size:
        raise NotFound(_("There is nothing at this address."))
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = end - start
    await send_pieces(request, response, chain((piece,), pieces))
    return response


def _pieces(chunks: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    at = 0
    for chunk in chunks:
        piece = chunk[max(start - at, 0) : max(end - at, 0)]
        at += len(chunk)
        if piece:
            yield piece
        if at >= end:
            return
