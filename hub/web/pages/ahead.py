"""Looking ahead: who would get what in the days to come, played through on a copy; nothing is sent."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from aiohttp import web

from hub.model.errors import NotFound, Refused
from hub.model.sheet_text import sheet_text
from hub.outreach.ahead import Ahead, read_days
from hub.outreach.foreseeing import Foreseen
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
COLUMNS = ("at", "local", "customer", "name", "to", "channel", "kind", "what", "gets", "words")


@allow(*EDITORS)
async def show(request: web.Request) -> web.Response:
    """Shows how far a look ahead is, or what it found: by day, and one by one (`?day=`, `?kind=`, `?gets=`)."""
    return _page(request)


def _page(request: web.Request, *, problem: str = "", status: int = 200) -> web.Response:
    door = _door(request)
    day, kind, gets = (request.query.get(name, "")[:20] for name in ("day", "kind", "gets"))
    found: dict[str, Any] = {"items": [], "by_day": [], "more": 0, "what": []}
    if door.ahead is not None and not door.running:
        chosen = [item for item in door.ahead.items if _fits(item, day, kind, gets)]
        found = {
            "items": chosen[:_SHOWN],
            "more": max(0, len(chosen) - _SHOWN),
            "by_day": _by_day(door.ahead),
            "what": Counter((item.kind, item.what) for item in door.ahead.items if item.gets).most_common(),
        }
    return render(
        request, "ahead.html", status=status, problem=problem, door=door, day=day, kind=kind, gets=gets,
        days=f"{door.days}d" if door.days else _DAYS, **found,
    )  # fmt: skip


@allow(*EDITORS)
async def start(request: web.Request) -> web.Response:
    """Sets out."""
    try:
        _door(request).start(read_days(text_of(await form_of(request), "days")))
    except Refused as refused:
        return _page(request, problem=told(refused), status=422)
    return redirect(request, "/sandbox/ahead")


@allow(*EDITORS)
async def as_csv(request: web.Request) -> web.Response:
    """Gives what was found as a file."""
    door = _door(request)
    if door.ahead is None:
        raise NotFound(_("The hub has not looked ahead yet."))
    headers = {"Content-Disposition": 'attachment; filename="ahead.csv"'}
    return web.Response(text=written(door.ahead), content_type="text/csv", charset="utf-8", headers=headers)


def written(found: Ahead) -> str:
    """Returns what was found as CSV."""
    return sheet_text(COLUMNS, ({name: getattr(item, name) for name in COLUMNS} for item in found.items))


def _fits(item: Foreseen, day: str, kind: str, gets: str) -> bool:
    return (
        (not day or item.at.date().isoformat() == day)
        and (not kind or item.kind == kind)
        and (not gets or item.gets == (gets == "yes"))
    )


def _by_day(found: Ahead) -> list[tuple[date, int, int]]:
    gets = Counter(item.at.date() for item in found.items if item.gets)
    nots = Counter(item.at.date() for item in found.items if not item.gets)
    return [(day, gets[day], nots[day]) for day in sorted({*gets, *nots})]


def _door(request: web.Request) -> TravelDoor:
    door = request.app[SERVICES].travels
    if door is None:
        raise NotFound(_("This process does not look ahead."))
    return door


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sandbox/ahead", show),
        web.post("/sandbox/ahead", start),
        web.get("/sandbox/ahead.csv", as_csv),
    ]
