"""What is health-class: facts, channels and forms by name, single conversations, and who read of whom."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import sensitive as desk
from hub.insight.people import names_of
from hub.model.errors import HubError, Refused
from hub.store import customers, forms, readings, sensitive, staff
from hub.web import audit
from hub.web.auth import allow
from hub.web.errors import status_of
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, path_id, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_WATCHERS = ("admin", "auditor")
_SHOWN = 200


@allow(*_WATCHERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what is marked, and who may see it."""
    return await _page(request)


async def _page(request: web.Request, *, error: HubError | None = None) -> web.StreamResponse:
    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        rows = sensitive.listed(conn)
        by_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in sensitive.KINDS}
        named = {name: desk.naming(conn, name) for name in (row["name"] for row in by_kind[sensitive.FACT])}
        return {
            "marks": by_kind,
            "naming": {name: those for name, those in named.items() if those},
            "forms": [row["slug"] for row in forms.newest(conn) if row["active"]],
            "sighted": [one for one in staff.everyone(conn) if one.sees_sensitive and not one.disabled],
        }

    found = await read(request, ask, None)
    names = {
        sensitive.FACT: [],
        sensitive.CHANNEL: sorted(request.app[SERVICES].settings.channels),
        sensitive.FORM: found.pop("forms"),
    }
    free = {kind: [name for name in those if name not in _names(found, kind)] for kind, those in names.items()}
    return render(request, "sensitive.html", status=status_of(error) if error else 200, error=error, free=free, **found)


def _names(found: dict[str, Any], kind: str) -> set[str]:
    return {row["name"] for row in found["marks"][kind]}


@allow("admin")
async def change(request: web.Request) -> web.StreamResponse:
    """Marks a name, or takes its mark off."""
    form, by = await form_of(request), audit.by(request)
    kind, name, takes = text_of(form, "kind"), text_of(form, "name"), text_of(form, "act") == "unmark"
    known = request.app[SERVICES].settings.channels

    def act(conn: Connection, _arg: None) -> None:
        if takes:
            desk.unmark(conn, kind, name, by)
        else:
            desk.mark(conn, kind, name, by, channels=known)

    try:
        await write(request, act, None)
    except Refused as error:
        return await _page(request, error=error)
    return redirect(request, "/sensitive", say=_("Everybody sees it again.") if takes else _("Marked; it holds now."))


@allow("admin")
async def sight(request: web.Request) -> web.StreamResponse:
    """Says whether a member of staff may see what is health-class."""
    form, by = await form_of(request), audit.by(request)
    sees = text_of(form, "sees") == "yes"
    await write(request, lambda conn, number: desk.give_sight(conn, number, by, sees=sees), path_id(request))
    return redirect(request, "/staff", say=_("It holds from their next page on."))


@allow(*WORKERS)
async def conversation(request: web.Request) -> web.StreamResponse:
    """Marks a conversation, or takes its mark off."""
    number, form, by = path_id(request), await form_of(request), audit.by(request)
    marked = text_of(form, "act") != "unmark"
    await write(request, lambda conn, one: desk.mark_conversation(conn, one, by, marked=marked), number)
    return redirect(request, f"/conversations/{number}")


@allow(*_WATCHERS)
async def read_by(request: web.Request) -> web.StreamResponse:
    """Shows who read what health-class thing of a customer."""

    def ask(conn: Connection, number: int) -> dict[str, Any]:
        customers.require(conn, number)
        name = names_of(conn, [number]).get(number, "")
        return {"name": name, "rows": readings.of_customer(conn, number, _SHOWN)}

    customer = path_id(request)
    return render(request, "readings.html", customer=customer, **await read(request, ask, customer))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/sensitive", show),
        web.post("/sensitive", change),
        web.post(r"/staff/{id:\d{1,15}}/sight", sight),
        web.post(r"/conversations/{id:\d+}/sensitive", conversation),
        web.get(r"/customers/{id:\d+}/readings", read_by),
    ]
