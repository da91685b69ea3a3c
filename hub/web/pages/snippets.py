"""Snippets: pieces that templates share; a change makes the next version of every template that shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk.snippets import Snippet, keep
from hub.model.errors import NotFound, Refused
from hub.model.naming import name_of
from hub.outreach.templates import check_snippet
from hub.store import snippets as store
from hub.store import templates
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _, ngettext
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_ONE = r"/snippets/{name:[a-z0-9_]{1,60}}/{language:[A-Za-z0-9-]{1,35}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the snippets with their languages and where they stand."""

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        rows = store.listed(conn)
        names = sorted({row["name"] for row in rows})
        return {
            "snippets": [(name, list(group)) for name, group in groupby(rows, key=lambda row: row["name"])],
            "users": {name: _names(templates.users(conn, name)) for name in names},
        }

    return render(request, "snippets.html", **await read(request, ask, None))


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the form of a new snippet, or of one in another language (`?name=`)."""
    name = request.query.get("name", "")[:60]
    return await _page(request, Snippet(name=name, language=request.app[SERVICES].settings.hub.language, text=""))


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a snippet in one language, its versions and who shows it."""
    name, language = request.match_info["name"], request.match_info["language"]
    kept = await read(request, lambda conn, _arg: store.versions(conn, name, language), None)
    if not kept:
        raise NotFound(_("There is no such snippet."))
    return await _page(request, Snippet(name=name, language=language, text=kept[0]["text"]), kept=kept)


@allow(*EDITORS)
async def save(request: web.Request) -> web.Response:
    """Stores the next version of a snippet and of every template that shows it, or shows what is wrong."""
    form, by = await form_of(request), audit.by(request)
    typed = text_of(form, "name").strip()
    said = Snippet(
        name=name_of(typed, "snippet") if typed and not _NAME.match(typed) else typed,
        language=text_of(form, "language").strip(),
        text=text_of(form, "text").replace("\r\n", "\n").strip("\n"),
    )
    try:
        _check_names(said)
        check_snippet(said.text)
        changed = await write(request, lambda conn, one: keep(conn, one, by), said)
    except Refused as refused:
        return await _page(request, said, error=refused)
    say = _("Saved.")
    if changed:
        many = ngettext("%(num)s template shows it anew.", "%(num)s templates show it anew.", len(changed))
        say = f"{say} {many % {'num': len(changed)}}"
    return redirect(request, f"/snippets/{said.name}/{said.language}", say=say)


def _check_names(said: Snippet) -> None:
    if not _NAME.match(said.name):
        raise Refused(
            _("This is no name for a snippet."),
            field="name",
            next_step=_("Begin with a small letter; then small letters, digits and _, as opening_hours."),
        )
    if not _LANGUAGE.match(said.language):
        raise Refused(_("This is no language."), field="language", next_step=_("Write it as en, pt-BR or cs."))


async def _page(
    request: web.Request, said: Snippet, *, kept: Sequence[dict[str, Any]] = (), error: Refused | None = None
) -> web.Response:
    users = await read(request, lambda conn, name: _names(templates.users(conn, name)), said.name)
    return render(request, "snippet.html", status=422 if error else 200, said=said, kept=kept, users=users, error=error)


def _names(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [f"{row['name']}/{row['language']}" for row in rows]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/snippets", show_all),
        web.get("/snippets/new", begin),
        web.post("/snippets", save),
        web.get(_ONE, show),
    ]
