"""How a template looks while it is written: a part of its page, and the mail in a frame of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.store import templates as store
from hub.store.blobs import Blobs
from hub.web import mail_html
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.mail_html import Picture
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of
from hub.web.pages.template_draft import look, posted, with_files
from hub.web.rendering import render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")


@allow(*EDITORS)
async def preview(request: web.Request) -> web.Response:
    """Shows how what stands in the editor looks now, as a part of its page."""
    form = await form_of(request)
    draft = await with_files(request, posted(form, name=text_of(form, "of")), form)
    return render(request, "template.html", block="seen", draft=draft, seen=await look(request, draft, form))


@allow(*EVERYBODY)
async def preview_html(request: web.Request) -> web.Response:
    """Shows the HTML of a rendered mail in the frame of the preview; it comes with the request and is kept nowhere."""
    form, services = await form_of(request), request.app[SERVICES]
    name, language = text_of(form, "of"), text_of(form, "language")

    def ask(conn: Connection, _arg: None) -> list[Mapping[str, Any]]:
        found = store.in_language(store.active(conn, name), language) if name else None
        return list(found["files"]) if found else []

    files = await read(request, ask, None)
    pictures = await asyncio.to_thread(_pictures, services.blobs, files) if files else {}
    text = mail_html.frame(text_of(form, "html"), pictures, _("Pictures from elsewhere are not loaded."))
    headers = {"Content-Security-Policy": mail_html.POLICY}
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)


def _pictures(blobs: Blobs, files: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    ids = store.content_ids(files)
    shown = [each for each in files if each["content_type"] in mail_html.PICTURES]
    return mail_html.data_urls(
        [Picture(ids[each["filename"]], each["content_type"], blobs.read(each["sha256"])) for each in shown]
    )


def routes() -> list[web.RouteDef]:
    return [web.post("/templates/preview", preview), web.post("/templates/preview/html", preview_html)]
