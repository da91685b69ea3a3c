"""The register of breaches of persons' data, and the versions of the privacy notice."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import breaches
from hub.desk.breaches import Facts
from hub.model.errors import Refused
from hub.outreach.quiet_hours import rulebook_of
from hub.store import privacy_notices
from hub.web import audit, rights
from hub.web.auth import allow
from hub.web.i18n import LANGUAGES, _
from hub.web.pages.fields import READERS, form_of, moment_of, path_id, read, text_of, write
from hub.web.pages.writing import told
from hub.web.rendering import reader_zone, redirect, render
from hub.web.services import SERVICES


@allow("admin")
async def show_breaches(request: web.Request) -> web.StreamResponse:
    """Shows the register of breaches."""
    return await _breaches(request)


@allow("admin")
async def note_breach(request: web.Request) -> web.StreamResponse:
    """Notes a breach."""
    form, by, services = await form_of(request), audit.by(request), request.app[SERVICES]
    noticed_at = moment_of(form, "noticed_at", reader_zone(request))
    people = text_of(form, "people").strip() or "0"

    def act(conn: Connection, region: str) -> int:
        facts = Facts(
            title=text_of(form, "title"),
            what=text_of(form, "what"),
            effects=text_of(form, "effects"),
            measures=text_of(form, "measures"),
            people=int(people) if people.isascii() and people.isdecimal() and len(people) < 12 else -1,
        )
        return rights.breach(conn, facts, noticed_at, region, by, rulebook_of(services.settings))

    try:
        await write(request, act, services.settings.hub.region)
    except Refused as refused:
        return await _breaches(request, problem=told(refused))
    return redirect(request, "/rights/breaches", say=_("Noted, with its deadline and a task."))


@allow("admin")
async def tell_breach(request: web.Request) -> web.StreamResponse:
    """Notes whom a breach was told, why nobody need be, or that it is closed."""
    breach_id, form, by = path_id(request), await form_of(request), audit.by(request)
    zone = reader_zone(request)
    authority, people = moment_of(form, "authority_at", zone), moment_of(form, "people_at", zone)

    def act(conn: Connection, number: int) -> None:
        if text_of(form, "act") == "close":
            breaches.close(conn, number, by)
        else:
            why = text_of(form, "why_not")
            breaches.told(conn, number, by, authority_at=authority, people_at=people, why_not=why)

    try:
        await write(request, act, breach_id)
    except Refused as refused:
        return await _breaches(request, problem=told(refused))
    return redirect(request, "/rights/breaches", say=_("Noted."))


@allow(*READERS)
async def show_notices(request: web.Request) -> web.StreamResponse:
    """Shows the versions of the privacy notice."""
    return await _notices(request)


@allow("admin")
async def keep_notice(request: web.Request) -> web.StreamResponse:
    """Keeps a new version of the privacy notice."""
    form, by = await form_of(request), audit.by(request)
    try:
        await write(
            request,
            lambda conn, text: privacy_notices.keep(conn, text_of(form, "language"), text, by),
            text_of(form, "text"),
        )
    except Refused as refused:
        return await _notices(request, problem=told(refused))
    return redirect(request, "/rights/notices", say=_("Kept as a new version."))


async def _breaches(request: web.Request, *, problem: str = "") -> web.StreamResponse:
    rows = await read(request, lambda conn, most: breaches.listed(conn, limit=most), 200)
    return render(request, "breaches.html", status=422 if problem else 200, breaches=rows, problem=problem)


async def _notices(request: web.Request, *, problem: str = "") -> web.StreamResponse:
    rows = await read(request, lambda conn, _arg: privacy_notices.listed(conn), None)
    status = 422 if problem else 200
    return render(request, "notices.html", status=status, notices=rows, spoken=LANGUAGES, problem=problem)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/rights/breaches", show_breaches),
        web.post("/rights/breaches", note_breach),
        web.post(r"/rights/breaches/{id:\d+}", tell_breach),
        web.get("/rights/notices", show_notices),
        web.post("/rights/notices", keep_notice),
    ]
