"""Looking ahead: who would get what in the days to come, played through on a copy; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from aiohttp import web

from hub.model.errors import NotFound, Refused
from hub.model.sheet_text import sheet_text
from hub.outreach.ahead import Ahead, read_days
from hub.outreach.outlook import COLUMNS
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import form_of, text_of
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES
from hub.web.travel_door import TravelDoor

EDITORS = ("marketer", "admin")
_SHOWN = 200
_DAYS = "30d"
_GETS = {"yes": True, "no": False}
# So many campaigns, sequences and rules have a bar.
_THINGS = 40
_PIECE = 1_000


@allow(*EDITORS)
async def show(request: web.Request) -> web.Response:
    """Shows how far a look ahead is, or what it found: by day, and one by one (`?day=`, `?kind=`, `?gets=`)."""
    return _page(request)


def _page(request: web.Request, *, problem: str = "", status: int = 200) -> web.Response:
    door = _door(request)
    day, kind, gets = (request.query.get(name, "")[:20] for name in ("day", "kind", "gets"))
    found: dict[str, Any] = {"items": [], "by_day": [], "more": 0, "what": []}
    if door.ahead is not None and not door.running:
        items, on, wanted = door.ahead.items, _day(day), _GETS.get(gets)
        shown = items.chosen(_SHOWN, day=on, kind=kind, gets=wanted)
        found = {
            "items": shown,
            "more": items.many(day=on, kind=kind, gets=wanted) - len(shown),
            "by_day": items.by_day(),
            "what": items.what.most_common(_THINGS),
        }
    return render(
        request, "ahead.html", status=status, problem=problem, door=door, day=day, kind=kind, gets=gets,
        days=f"{door.days}d" if door.days else _DAYS, **found,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@allow(*EDITORS)
async def start(request: web.Request) -> web.Response:
    """Sets out."""
    try:
        _door(request).start(read_days(text_of(await form_of(request), "days")))
    except Refused as refused:
        return _page(request, problem=told(refused), status=422)
    return redirect(request, "/sandbox/ahead")


@allow(*EDITORS)
async def stop(request: web.Request) -> web.Response:
    """Calls back what is on its way."""
    await form_of(request)
    await _door(request).stop()
    return redirect(request, "/sandbox/ahead")


@allow(*EDITORS)
async def as_csv(request: web.Request) -> web.StreamResponse:
    """Gives what was found as a file, in pieces: it may be long."""
    door = _door(request)
    if door.ahead is None:
        raise NotFound(_("The hub has not looked ahead yet."))
    headers = {"Content-Disposition": 'attachment; filename="ahead.csv"'}
    response = web.StreamResponse(headers=headers)
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    for piece in written(door.ahead):
        await response.write(piece.encode())
    await response.write_eof()
    return response


def written(found: Ahead) -> Iterator[str]:
    """Returns what was found as CSV, in pieces."""
    for start in range(0, max(1, len(found.items)), _PIECE):
        rows = ({name: getattr(item, name) for name in COLUMNS} for item in found.items[start : start + _PIECE])
        yield sheet_text(COLUMNS, rows) if not start else sheet_text(COLUMNS, rows).partition("\r\n")[2]


def _door(request: web.Request) -> TravelDoor:
    door = request.app[SERVICES].travels
    if door is None:
        raise NotFound(_("This process does not look ahead."))
    return door


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sandbox/ahead", show),
        web.post("/sandbox/ahead", start),
        web.post("/sandbox/ahead/stop", stop),
        web.get("/sandbox/ahead.csv", as_csv),
    ]
