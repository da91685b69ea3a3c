"""The calendar of everything planned: a month of campaigns, sequences and reminders, with the caps that hold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from aiohttp import web

from hub.model.local_time import zone
from hub.outreach.house import House
from hub.outreach.month import Entry, planned
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.pages.fields import EVERYBODY, read
from hub.web.rendering import render
from hub.web.services import SERVICES

_A_WEEK = 7


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.Response:
    """Shows a month (`?month=2026-12`), this one unless named."""
    services, house = request.app[SERVICES], house_of(request)
    now = services.clock()
    today = now.astimezone(zone(house.time_zone)).date()
    first = _first(request.query.get("month", ""), today)
    last = _following(first) - timedelta(days=1)
    begin = first - timedelta(days=first.weekday())
    end = last + timedelta(days=6 - last.weekday())

    def ask(conn: Any, _arg: None) -> list[Entry]:
        return planned(conn, begin, end, house, now)

    entries: dict[date, list[Entry]] = {}
    for entry in await read(request, ask, None):
        entries.setdefault(entry.day, []).append(entry)
    days = [begin + timedelta(days=more) for more in range((end - begin).days + 1)]
    return render(
        request,
        "calendar.html",
        first=first,
        today=today,
        weeks=[days[at : at + _A_WEEK] for at in range(0, len(days), _A_WEEK)],
        entries=entries,
        before=_first("", first - timedelta(days=1)),
        after=_following(first),
        caps=caps_of(house),
        time_zone=house.time_zone,
    )


def caps_of(house: House) -> list[dict[str, Any]]:
    """Returns how often each channel may write for each purpose, and what a day of texts may cost."""
    found: list[dict[str, Any]] = []
    for lane in house.lanes.values():
        for purpose, cap in lane.caps.items():
            found.append({"channel": lane.name, "purpose": purpose, "cap": cap, "money": None})
        if lane.daily_spend is not None:
            found.append({"channel": lane.name, "purpose": "", "cap": None, "money": lane.daily_spend})
    return found


def _first(written: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(f"{written}-01") if len(written) == len("2026-12") else otherwise
    except ValueError:
        found = otherwise
    return found.replace(day=1)


def _following(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def routes() -> list[web.RouteDef]:
    return [web.get("/campaigns/calendar", show)]
