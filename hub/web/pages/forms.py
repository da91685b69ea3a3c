"""Forms: what visitors are asked, in versions; how to put a form on a site; what was submitted."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from channels.base import Parses, Polls, Receives
from hub.desk import forms as desk
from hub.insight.paging import page_of, read_id
from hub.model.errors import HubError, Refused
from hub.model.form import PARTS, FieldKind, Form
from hub.model.form_definition import read_form
from hub.model.outbound import Purpose
from hub.store import audit
from hub.store import forms as store
from hub.web import audit as acts
from hub.web import i18n
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, read, text_of, write
from hub.web.pages.fields import form_of as fields_of
from hub.web.pages.form_draft import WORDS, Draft, choices_text, draft_of, new_draft, posted_draft
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_PAGE = 50
_SLUG = r"{slug:[a-z0-9][a-z0-9-]{0,59}}"


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the forms with their counts."""
    listed = await read(request, lambda conn, _arg: desk.list_forms(conn), None)
    return render(request, "forms.html", listed=listed, public_url=request.app[SERVICES].public_url)


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the page for a new form."""
    channels = _channels(request)
    return _editor(request, new_draft(channels[0] if channels else "", i18n.language()), based_on=0)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a form: its parts, how to put it on a site, its versions (`?version=` to bring one back)."""
    number = read_id(request.query.get("version", ""), "version")
    return await _page(request, request.match_info["slug"], number)


async def _page(request: web.Request, slug: str, number: int | None) -> web.Response:
    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        newest = desk.get_form(conn, slug)
        row = store.version(conn, slug)
        return {
            "form": desk.get_form(conn, slug, number) if number else newest,
            "based_on": newest.version,
            "active": bool(row and row["active"]),
            "versions": store.versions(conn, slug),
            "submissions": store.submission_counts(conn, [(slug, newest.channel)])[slug],
        }

    found = await read(request, ask, None)
    form: Form = found.pop("form")
    return _editor(request, draft_of(form), form=form, **found)


def _editor(
    request: web.Request,
    draft: Draft,
    *,
    based_on: int,
    status: int = 200,
    error: HubError | None = None,
    **more: Any,
) -> web.Response:
    page: dict[str, Any] = {"editing": False, "form": None, "active": True, "versions": [], "submissions": 0, **more}
    return render(
        request,
        "form.html",
        status=status,
        draft=draft,
        based_on=based_on,
        error=error,
        wrong=error.field if isinstance(error, Refused) else "",
        channels=_channels(request),
        kinds=[kind.value for kind in FieldKind],
        parts=list(PARTS),
        purposes=[purpose.value for purpose in Purpose],
        words_parts=WORDS,
        choices_text=choices_text,
        public_url=request.app[SERVICES].public_url,
        **page,
    )


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new form, or shows the page again with another field or with what is wrong."""
    return await _save(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores a form's next version; earlier ones stay."""
    return await _save(request, request.match_info["slug"])


async def _save(request: web.Request, slug: str) -> web.Response:
    posted = await fields_of(request)
    draft = posted_draft(posted, slug)
    based_on = read_id(text_of(posted, "based_on"), "based_on") or 0
    if text_of(posted, "act") != "save":
        return _editor(request, draft, based_on=based_on, editing=True)
    by = acts.by(request)

    def act(conn: Connection, form: Form) -> Form:
        saved = desk.save_form(conn, form, by.name, by.at, based_on=based_on)
        audit.note(conn, by, "form.saved", f"form/{saved.slug}", {"version": saved.version})
        return saved

    try:
        form = read_form(draft)
        if form.channel not in _channels(request):
            raise Refused(_("Choose the channel that this form feeds."), field="channel")
        saved = await write(request, act, form)
    except Refused as error:
        return _editor(request, draft, based_on=based_on, status=422, error=error, editing=True)
    return redirect(request, f"/forms/{saved.slug}", say=_("Saved as version %s.") % saved.version)


@allow(*EDITORS)
async def open_form(request: web.Request) -> web.Response:
    """Shows a form to visitors again."""
    return await _set_open(request, True)


@allow(*EDITORS)
async def close_form(request: web.Request) -> web.Response:
    """Takes a form off; its address says so."""
    return await _set_open(request, False)


async def _set_open(request: web.Request, active: bool) -> web.Response:
    by = acts.by(request)

    def act(conn: Connection, slug: str) -> None:
        desk.set_open(conn, slug, active)
        audit.note(conn, by, "form.opened" if active else "form.closed", f"form/{slug}")

    await write(request, act, request.match_info["slug"])
    return redirect(request, f"/forms/{request.match_info['slug']}")


@allow(*EVERYBODY)
async def submissions(request: web.Request) -> web.Response:
    """Lists what was submitted, newest first, with its customers."""
    slug = request.match_info["slug"]
    before = read_id(request.query.get("before", ""))

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        form = desk.get_form(conn, slug)
        rows = store.submissions(conn, slug, form.channel, before=before, limit=_PAGE + 1)
        return {"form": form, "page": page_of(rows, _PAGE, lambda row: str(row["arrival_id"]))}

    return render(request, "form_submissions.html", **await read(request, ask, None))


def _channels(request: web.Request) -> list[str]:
    """Names the channels that forms can feed: those that only parse what this web room hands them."""
    return [
        name
        for name, channel in request.app[SERVICES].channels.items()
        if isinstance(channel, Parses) and not isinstance(channel, Polls | Receives)
    ]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/forms", show_all),
        web.get("/forms/new", begin),
        web.post("/forms", create),
        web.get(f"/forms/{_SLUG}", show),
        web.post(f"/forms/{_SLUG}", change),
        web.post(f"/forms/{_SLUG}/open", open_form),
        web.post(f"/forms/{_SLUG}/close", close_form),
        web.get(f"/forms/{_SLUG}/submissions", submissions),
    ]
