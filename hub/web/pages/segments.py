"""Segments: who is meant, built from rows and groups, with a count and some real people while it is edited."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import segments as desk
from hub.insight.audience import Meant, meant
from hub.insight.paging import read_id
from hub.model.errors import HubError, Refused
from hub.model.naming import name_of
from hub.model.segment import Segment, read_segment
from hub.store import audience, products, segments
from hub.store.segments import SegmentVersion
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import segment_words as words
from hub.web.pages.fields import EVERYBODY, form_of, is_part, read, text_of, write
from hub.web.pages.kept_versions import based_on, versions_shown
from hub.web.pages.segment_draft import Draft, conditions_of, draft_of, new_draft, posted_draft
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

EDITORS = ("marketer", "admin")
_NAME = r"{name:[A-Za-z0-9][A-Za-z0-9_-]{0,79}}"
_SHOWN = 8


@allow(*EVERYBODY)
async def show_all(request: web.Request) -> web.Response:
    """Lists the segments, each with what it says."""
    listed = await read(request, lambda conn, _arg: segments.all_current(conn), None)
    return render(request, "segments.html", listed=[(row, _sentences(row)) for row in listed])


def _sentences(row: SegmentVersion) -> list[str]:
    try:
        return words.sentences(row.segment)
    except Refused as error:  # a newer hub's condition, after going back to an older one
        return [error.message]


@allow(*EDITORS)
async def begin(request: web.Request) -> web.Response:
    """Shows the builder with a first row."""
    return await _builder(request, new_draft(), title="", based_on=0)


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a segment: its rows, who is meant, its versions (`?version=` to bring one back)."""
    return await _segment_page(request, request.match_info["name"])


async def _segment_page(request: web.Request, name: str) -> web.Response:
    every, shown = await versions_shown(request, segments.versions, name)
    draft = draft_of(shown.conditions)
    return await _builder(
        request,
        draft,
        title=shown.title,
        based_on=every[0].version,
        name=name,
        versions=every,
        shown=shown,
        sizes=await read(request, segments.sizes, name),
    )


async def _builder(
    request: web.Request,
    draft: Draft,
    *,
    title: str,
    based_on: int,
    name: str = "",
    error: HubError | None = None,
    status: int = 200,
    **more: Any,
) -> web.Response:
    segment, problem, found = None, error, None
    if problem is None:
        try:
            segment = read_segment(conditions_of(draft))
            found = await _meant(request, segment)
        except Refused as refused:
            problem = refused
    block = _block(request)
    return render(
        request,
        "segment.html",
        status=status,
        block=block,
        products=await read(request, lambda conn, _arg: products.named(conn), None) if block is None else (),
        draft=draft,
        title=title,
        name=name,
        based_on=based_on,
        problem=problem,
        wrong=_path_of(problem.field) if isinstance(problem, Refused) else "",
        says=words.sentences(segment) if segment else [],
        meant=found,
        words=words,
        **{"versions": [], "shown": None, "sizes": [], **more},
    )


def _block(request: web.Request) -> str | None:
    """Returns which part of the page htmx asks for: the rows with who is meant, or only who is meant."""
    if not is_part(request):
        return None
    return "seen" if request.headers.get("HX-Target", "").endswith("seen") else "studio"


def _path_of(field: str) -> str:
    """Returns the place in the draft of a field that the model named: all.0.any.2.days is r.0.2."""
    numbers = [part for part in field.split(".") if part.isdecimal()]
    return ".".join(["r", *numbers])


async def _meant(request: web.Request, segment: Segment) -> Meant:
    now = request.app[SERVICES].business_now()
    return await read(request, lambda conn, _arg: meant(conn, segment, now, shown=_SHOWN), None)


@allow(*EDITORS)
async def preview(request: web.Request) -> web.Response:
    """Shows a draft as it would be: its rows after a button was pressed, and who is meant."""
    posted = await form_of(request)
    seen = based_on(posted)
    draft = posted_draft(posted)
    return await _builder(request, draft, title=text_of(posted, "title"), based_on=seen, name=text_of(posted, "name"))


@allow(*EDITORS)
async def create(request: web.Request) -> web.Response:
    """Stores a new segment, or shows the page again with another row or with what is wrong."""
    return await _save(request, "")


@allow(*EDITORS)
async def change(request: web.Request) -> web.Response:
    """Stores a segment's next version; earlier ones stay."""
    return await _save(request, request.match_info["name"])


async def _save(request: web.Request, name: str) -> web.Response:
    posted = await form_of(request)
    draft, title = posted_draft(posted), text_of(posted, "title")
    seen = based_on(posted)
    if text_of(posted, "act") != "save":
        return await _builder(request, draft, title=title, based_on=seen, name=name)
    by = audit.by(request)
    chosen = name or await read(request, _free_name, title)

    def act(conn: Connection, conditions: dict[str, Any]) -> int:
        return desk.save_segment(conn, chosen, title, conditions, by, based_on=seen)

    try:
        version = await write(request, act, conditions_of(draft))
    except Refused as error:
        return await _builder(request, draft, title=title, based_on=seen, name=name, error=error, status=422)
    return redirect(request, f"/segments/{chosen}", say=_("Saved as version %s.") % version)


def _free_name(conn: Connection, title: str) -> str:
    return name_of(title, "segment", segments.names(conn))


@allow(*EDITORS)
async def retire(request: web.Request) -> web.Response:
    """Takes a segment off the list; saving it again brings it back."""
    by = audit.by(request)
    await write(request, lambda conn, name: desk.retire_segment(conn, name, by), request.match_info["name"])
    return redirect(request, "/segments", say=_("Taken off. Its versions are kept."))


@allow(*EVERYBODY)
async def why(request: web.Request) -> web.Response:
    """Tells of one customer why they belong, or do not."""
    name, now = request.match_info["name"], request.app[SERVICES].business_now()
    number = read_id(request.query.get("customer", ""), "customer") or 0

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        row = segments.current(conn, name)
        told = audience.explain(conn, row.segment, now, number)
        return {"row": row, "told": told, "inside": audience.belongs(conn, row.segment, now, number)}

    found = await read(request, ask, None)
    told = [(words.sentence(said), so) for said, so in found.pop("told")]
    return render(request, "segment_why.html", customer=number, told=told, **found)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/segments", show_all),
        web.get("/segments/new", begin),
        web.post("/segments", create),
        web.post("/segments/preview", preview),
        web.get(f"/segments/{_NAME}", show),
        web.post(f"/segments/{_NAME}", change),
        web.post(f"/segments/{_NAME}/retire", retire),
        web.get(f"/segments/{_NAME}/why", why),
    ]
