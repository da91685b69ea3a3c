"""Scripts, styles and pictures of the pages: read once at start, named with their hash, kept by browsers for ever."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aiohttp import ETag, web

from hub.web.auth.access import public

FOLDER = Path(__file__).resolve().parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_CHECK_AGAIN = "public, no-cache"
_SERVED = {".css", ".js", ".svg", ".png", ".ico", ".woff2"}


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    content_type: str
    digest: str


def address(name: str) -> str:
    """Returns the address of a file under `hub/web/static`, which changes with its content. Raises KeyError."""
    return f"/static/{name}?v={assets()[name].digest}"


@lru_cache(maxsize=1)
def assets() -> Mapping[str, Asset]:
    """Returns every file that is served, by its name under the folder."""
    found = {}
    for file in sorted(FOLDER.rglob("*")):
        if file.suffix in _SERVED:
            content = file.read_bytes()
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            digest = hashlib.sha256(content).hexdigest()[:16]
            found[file.relative_to(FOLDER).as_posix()] = Asset(content, kind, digest)
    return found


@public
async def serve(request: web.Request) -> web.Response:
    """Serves one file; only what was there at start, so no name leads out of the folder."""
    asset = assets().get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    current = request.query.get("v") == asset.digest
    headers = {"Cache-Control": _FOR_EVER if current else _CHECK_AGAIN}
    if any(tag.value in (asset.digest, "*") for tag in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        charset = "utf-8" if asset.content_type.startswith("text/") else None
        response = web.Response(body=asset.content, content_type=asset.content_type, charset=charset, headers=headers)
        response.enable_compression()
    response.etag = ETag(asset.digest)
    return response


def routes() -> list[web.RouteDef]:
    return [web.get("/static/{name:.+}", serve)]
