"""Beside the words of a template: its files, its links tried, and a test to somebody on the staff."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy import Connection

from hub.insight.people import read_identity
from hub.model.clean import clean_label
from hub.model.errors import NotFound, Refused, TooLarge
from hub.outreach.links import links_of
from hub.outreach.quiet_hours import rulebook_of
from hub.outreach.trial import send_trial
from hub.outreach.why import find_customer
from hub.store import audit as acts
from hub.store import link_checks
from hub.store import templates as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import Form, form_of, read, text_of, write
from hub.web.pages.template_draft import draft_of, look
from hub.web.rendering import redirect
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_ONE = r"/templates/{name:[a-z0-9_]{1,60}}/{language:[A-Za-z0-9-]{1,35}}"
MOST_FILES = 10
# Mail of more is often refused, and a campaign carries them to everybody.
LARGEST_MB = 5


@allow(*EDITORS)
async def add_file(request: web.Request) -> web.Response:
    """Adds files to a template, as its next version; one of the same name takes the place of the older."""
    row, blobs = await _newest(request), request.app[SERVICES].blobs
    files = {file["filename"]: file for file in row["files"]}
    for value in (await request.post()).values():
        if isinstance(value, FileField) and value.filename:
            content = await asyncio.to_thread(value.file.read)
            name = "_".join(clean_label(value.filename).split())
            files[name] = {
                "filename": name,
                "content_type": value.content_type.partition(";")[0].strip().lower() or "application/octet-stream",
                "sha256": await asyncio.to_thread(blobs.put, content),
                "size": len(content),
            }
    if len(files) > MOST_FILES:
        raise Refused(_("A template has at most %s files.") % MOST_FILES, field="files")
    if sum(file["size"] for file in files.values()) > LARGEST_MB * 1_000_000:
        raise TooLarge(
            f"The files have more than {LARGEST_MB} MB together.",
            field="files",
            next_step="Link to them instead: large mails are refused by many.",
        )
    return await _with(request, row, list(files.values()))


@allow(*EDITORS)
async def remove_file(request: web.Request) -> web.Response:
    """Takes a file off a template, as its next version; one that its mail shows stays."""
    row, name = await _newest(request), text_of(await form_of(request), "filename")
    return await _with(request, row, [file for file in row["files"] if file["filename"] != name])


async def _with(request: web.Request, row: dict[str, Any], files: list[dict[str, Any]]) -> web.Response:
    by = audit.by(request)

    def act(conn: Connection, _arg: None) -> None:
        said = {name: row[name] for name in ("name", "language", "purpose")}
        made = store.save(conn, **said, faces=store.written(row), files=files, now=by.at, by=by.name)
        detail = {"name": row["name"], "language": row["language"], "files": [file["filename"] for file in files]}
        acts.note(conn, by, "template.files", f"template/{made}", detail)

    await write(request, act, None)
    return _back(request, _("Saved."))


@allow(*EDITORS)
async def try_the_links(request: web.Request) -> web.Response:
    """Has every link of a template followed as its reader would; the page shows what becomes of them."""
    row, services, by = await _newest(request), request.app[SERVICES], audit.by(request)
    seen = await look(request, draft_of(row, row["version"]), {}, accepted=True)
    urls = links_of(seen.preview.faces, services.public_url)

    def act(conn: Connection, _arg: None) -> None:
        link_checks.begin(conn, row["id"], urls, by.name, by.at)

    await write(request, act, None)
    if not urls:
        return _back(request, _("It has no links to other places."))
    return _back(request, _("The links are being tried; see below."))


@allow(*EDITORS)
async def send_test(request: web.Request) -> web.Response:
    """Sends a template to somebody on the staff, filled in for a customer or for nobody in particular."""
    row, services, by = await _newest(request), request.app[SERVICES], audit.by(request)
    form, house = await form_of(request), house_of(request)
    book = rulebook_of(services.settings)

    def act(conn: Connection, _arg: None) -> int:
        to = read_identity(text_of(form, "to").strip(), house.region)
        return send_trial(conn, row["id"], to, _customer(conn, form, house.region), house, book, by)

    message = await write(request, act, None)
    services.nudge()
    return redirect(request, f"/messages/{message}", say=_("On its way to %s.") % text_of(form, "to").strip())


def _customer(conn: Connection, form: Form, region: str) -> int | None:
    who = text_of(form, "who").strip()
    return find_customer(conn, who, region) if who else None


async def _newest(request: web.Request) -> dict[str, Any]:
    name, language = request.match_info["name"], request.match_info["language"]
    row = (await read(request, store.active, name)).get(language)
    if row is None:
        raise NotFound(_("There is no such template."))
    return row


def _back(request: web.Request, say: str) -> web.Response:
    name, language = request.match_info["name"], request.match_info["language"]
    return redirect(request, f"/templates/{name}/{language}#beside", say=say)


def routes() -> list[web.RouteDef]:
    return [
        web.post(f"{_ONE}/files", add_file),
        web.post(f"{_ONE}/files/remove", remove_file),
        web.post(f"{_ONE}/links", try_the_links),
        web.post(f"{_ONE}/test", send_test),
    ]
