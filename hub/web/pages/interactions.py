"""What belongs to an entry: its HTML in a frame of its own, its files, its recording."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, select

from hub.model.errors import NotFound
from hub.store import interactions, veil
from hub.store.tables import AttachmentRow
from hub.web import mail_html
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.mail_html import Picture
from hub.web.pages.fields import EVERYBODY, path_id, read
from hub.web.pages.files import attachment_headers, stream
from hub.web.services import SERVICES

_MOST_PICTURES = 50


@allow(*EVERYBODY, hidden=True)
async def html(request: web.Request) -> web.StreamResponse:
    """Shows the HTML of a mail, for the frame on the timeline."""
    blobs, interaction_id = request.app[SERVICES].blobs, path_id(request)

    def ask(conn: Connection, number: int) -> tuple[str, Sequence[dict[str, Any]]]:
        veil.require_interaction(conn, number)
        rows = interactions.by_ids(conn, [number])
        sha256 = (rows[0]["detail"] or {}).get("html", "") if rows else ""
        return sha256, interactions.attachments_of(conn, [number]).get(number, [])

    sha256, files = await read(request, ask, interaction_id)
    if not sha256:
        raise NotFound(_("There is nothing at this address."))

    def load() -> tuple[str, dict[str, str]]:
        return blobs.read(sha256).decode("utf-8", "replace"), mail_html.data_urls(_pictures(blobs, files))

    body, pictures = await asyncio.to_thread(load)
    note = _("Pictures from elsewhere are not loaded.")
    text = await asyncio.to_thread(mail_html.frame, body, pictures, note)
    headers = {"Content-Security-Policy": mail_html.POLICY}
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def _pictures(blobs: Any, files: Sequence[dict[str, Any]]) -> list[Picture]:
    """Reads the pictures that came with a mail, as many and as large as a browser shows at once."""
    found, left = [], mail_html.LARGEST_PICTURES
    for file in files[:_MOST_PICTURES]:
        left -= file["size"] or 0
        if file["content_id"] and file["sha256"] and file["content_type"] in mail_html.PICTURES and left >= 0:
            found.append(Picture(file["content_id"], file["content_type"], blobs.read(file["sha256"])))
    return found


def _file(conn: Connection, attachment_id: int) -> dict[str, Any]:
    row = conn.execute(select(AttachmentRow.__table__).where(AttachmentRow.id == attachment_id)).one_or_none()
    if row is None or row.state != "stored" or row.sha256 is None:
        raise NotFound(_("There is nothing at this address."))
    veil.require_interaction(conn, row.interaction_id)
    return dict(row._mapping)


@allow(*EVERYBODY, hidden=True)
async def attachment(request: web.Request) -> web.StreamResponse:
    """Hands out a file of an entry."""
    file = await read(request, _file, path_id(request))
    headers = attachment_headers(file["filename"], file["content_type"])
    return await stream(request, request.app[SERVICES].blobs, file["sha256"], file["size"], headers)


@allow(*EVERYBODY, hidden=True)
async def recording(request: web.Request) -> web.StreamResponse:
    """Plays a recording or a film, in the parts that the player asks for."""
    file = await read(request, _file, path_id(request))
    kind = file["content_type"].partition(";")[0].strip().lower()
    if kind not in _SOUNDS | _FILMS:
        raise NotFound(_("There is nothing at this address."))
    headers = {"Content-Type": kind, "Content-Security-Policy": "default-src 'none'", "Content-Disposition": "inline"}
    return await stream(request, request.app[SERVICES].blobs, file["sha256"], file["size"], headers, ranges=True)


_SOUNDS = frozenset({
    "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav", "audio/wave", "audio/ogg",
    "audio/webm", "audio/aac", "audio/amr", "audio/3gpp", "audio/3gpp2", "audio/basic", "audio/flac",
})  # fmt: skip

_FILMS = frozenset({"video/mp4", "video/webm", "video/3gpp", "video/quicktime"})


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/interactions/{id:\d+}/html", html),
        web.get(r"/attachments/{id:\d+}", attachment),
        web.get(r"/recordings/{id:\d+}", recording),
    ]
