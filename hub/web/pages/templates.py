"""Templates: what messages say, in every face and language; every change is a version, and each one stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.paging import read_id
from hub.model.errors import HubError, NotFound, Refused
from hub.model.kinds import KINDS
from hub.model.naming import name_of
from hub.model.outbound import Purpose
from hub.outreach import previewing
from hub.outreach import templates as outreach
from hub.store import audit as acts
from hub.store import campaigns, link_checks, reminders
from hub.store import templates as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import template_draft
from hub.web.pages.fields import EVERYBODY, Form, form_of, read, text_of, write
from hub.web.pages.template_draft import Draft, draft_of, posted, with_files
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_NAMED = r"/templates/{name:[a-z0-9_]{1,60}}"
_ONE = _NAMED + r"/{language:[A-Za-z0-9-]{1,35}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the templates with their languages and faces."""
    rows = await read(request, lambda conn, _arg: store.listed(conn), None)
    by_name = [(name, list(versions)) for name, versions in groupby(rows, key=lambda row: row["name"])]
    return render(request, "templates.html", templates=by_name)


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new template."""
    language = request.app[SERVICES].settings.hub.language
    return await _editor(request, Draft(language=language), request.query)


@allow(*EVERYBODY)
async def lead(request: web.Request) -> web.Response:
    """Leads to a template in the hub's language, or in the first that it has."""
    name, own = request.match_info["name"], request.app[SERVICES].settings.hub.language
    row = store.in_language(await read(request, store.active, name), own)
    if row is None:
        raise NotFound(_("There is no such template."))
    return redirect(request, f"/templates/{name}/{row['language']}")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a template in one language: its faces, how they look, its versions (`?version=` to bring one back).

    `?from=en`: begins a language that is not there yet with the words of another.
    """
    name, language = request.match_info["name"], request.match_info["language"]
    number = read_id(request.query.get("version", ""), "version")
    kept = await read(request, lambda conn, _arg: store.versions(conn, name, language), None)
    if kept:
        row = next((row for row in kept if row["version"] == number), None if number else kept[0])
        if row is None:
            raise NotFound(_("There is no such version."))
        return await _editor(request, draft_of(row, kept[0]["version"]), request.query, shown=row["version"])
    others = await read(request, lambda conn, _arg: store.active(conn, name), None)
    source = others.get(request.query.get("from", ""))
    if source is None:
        raise NotFound(_("There is no such template."))
    draft = Draft(
        name=name, language=language, purpose=source["purpose"], kind=source["kind"], faces=store.written(source),
        files=source["files"],
    )  # fmt: skip
    return await _editor(request, draft, request.query)


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new template, or shows the page again with what is wrong or how it looks."""
    return await _save(request, posted(await form_of(request)))


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores the next version of a template; earlier ones stay."""
    form = await form_of(request)
    return await _save(request, posted(form, name=request.match_info["name"], language=request.match_info["language"]))


async def _save(request: web.Request, draft: Draft) -> web.Response:
    form = await form_of(request)
    if draft.name and not _NAME.match(draft.name):
        draft = replace(draft, name=name_of(draft.name, "template"))
    draft = await with_files(request, draft, form)
    if text_of(form, "act") != "save":
        return await _editor(request, draft, form, editing=True)
    by = audit.by(request)

    def act(conn: Connection, said: Draft) -> int:
        kept = store.versions(conn, said.name, said.language)
        newest: Mapping[str, Any] = kept[0] if kept else {"version": 0, "faces": {}, "purpose": "", "kind": ""}
        if newest["version"] != said.based_on:
            raise Refused(
                _("Somebody saved version %s while you were writing.") % newest["version"],
                field="based_on",
                next_step=_("Open the template in another window, and bring your words over."),
            )
        same = (said.purpose, said.kind) == (newest["purpose"], newest["kind"])
        if kept and same and dict(said.faces) == store.written(newest):
            spelled, _used = store.spelled(conn, said.faces, said.language, newest["files"])
            if spelled == newest["faces"]:
                return 0
        made = store.save(
            conn,
            name=said.name,
            language=said.language,
            purpose=said.purpose,
            faces=said.faces,
            now=by.at,
            by=by.name,
            files=None if kept else said.files,
            kind=said.kind,
        )
        detail = {"name": said.name, "language": said.language}
        acts.note(conn, by, "template.saved", f"template/{made}", detail)
        return int(newest["version"]) + 1

    try:
        _check_address(draft)
        faces = previewing.checked(draft.faces)
        outreach.check_words(faces, draft.purpose)
        if draft.kind not in ("", *KINDS):
            raise Refused(_("There is no such kind of message."), field="kind")

        def spell(conn: Connection, _arg: None) -> dict[str, str]:
            return store.spelled(conn, faces, draft.language, draft.files)[0]

        await outreach.check(faces, draft.purpose, await read(request, spell, None))
        version = await write(request, act, draft)
    except HubError as error:
        if not isinstance(error, Refused) and error.code != "too_large":
            raise
        return await _editor(request, draft, form, error=error, editing=True)
    done = _("Saved as version %s.") % version if version else _("Nothing was changed.")
    return redirect(request, f"/templates/{draft.name}/{draft.language}", say=done)


def _check_address(draft: Draft) -> None:
    if not _NAME.match(draft.name):
        raise Refused(
            _("This is no name for a template."),
            field="name",
            next_step=_("Begin with a small letter; then small letters, digits and _, as spring_offer."),
        )
    if not _LANGUAGE.match(draft.language):
        raise Refused(_("This is no language."), field="language", next_step=_("Write it as en, pt-BR or cs."))


async def _editor(
    request: web.Request,
    draft: Draft,
    asked: Form,
    *,
    shown: int | None = None,
    error: HubError | None = None,
    editing: bool = False,
) -> web.Response:
    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {
            "versions": store.versions(conn, draft.name, draft.language) if draft.based_on else [],
            "links": _links(conn, draft),
            "spoken": sorted(store.active(conn, draft.name)) if draft.name else [],
            "used_by": [
                *[rule["name"] for rule in reminders.rules(conn) if rule["template"] == draft.name],
                *[row["title"] for row in campaigns.listed(conn) if row["definition"]["template"] == draft.name],
            ],
        }

    # Only what stands in the database was accepted.
    accepted = request.method == "GET" and bool(draft.faces)
    seen = await template_draft.look(request, draft, asked, accepted=accepted)
    return render(
        request,
        "template.html",
        status=422 if error else 200,
        draft=draft,
        seen=seen,
        shown=shown or draft.based_on,
        error=error,
        wrong=error.field if isinstance(error, Refused) else "",
        editing=editing,
        purposes=[purpose.value for purpose in Purpose],
        kinds=KINDS,
        **await read(request, ask, None),
    )


def _links(conn: Connection, draft: Draft) -> dict[str, Any] | None:
    row = store.active(conn, draft.name).get(draft.language) if draft.based_on else None
    return link_checks.newest(conn, row["id"]) if row else None


def routes() -> list[web.RouteDef]:
    return [
        web.get("/templates", show_all),
        web.get("/templates/new", begin),
        web.post("/templates", create),
        web.get(_NAMED, lead),
        web.get(_ONE, show),
        web.post(_ONE, change),
    ]
