"""A customer's rights: a copy of everything, erasure, and nothing more to be written to them."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web
from sqlalchemy import Connection

from hub.desk import erasing, nothing_more
from hub.insight.card import customer_card
from hub.model.errors import Refused
from hub.store.erasing import outside
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, path_id, read, text_of, write
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow("admin")
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what an erasure would take and keep, and what has to be typed for it."""
    return await _page(request, path_id(request))


@allow("admin")
async def erase(request: web.Request) -> web.StreamResponse:
    """Erases the customer whose name was typed."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    services = request.app[SERVICES]

    def act(conn: Connection, number: int) -> erasing.Erased:
        return erasing.erase_customer(
            conn,
            number,
            text_of(form, "reason"),
            text_of(form, "name"),
            by,
            services.keys,
            although_open=bool(text_of(form, "although_open")),
        )

    try:
        done = await write(request, act, customer_id)
    except Refused as refused:
        return await _page(request, customer_id, problem=told(refused))
    await asyncio.to_thread(outside.append, services.settings.hub.data, [done.line])
    return redirect(request, f"/customers/{customer_id}", say=_("Erased. Nothing here names them any more."))


@allow("admin")
async def copy(request: web.Request) -> web.StreamResponse:
    """Gives everything that is kept of the customer as one file."""
    customer_id, by = path_id(request), audit.by(request)
    made = await write(request, lambda conn, number: erasing.copy(conn, number, by), customer_id)
    return web.Response(
        body=orjson.dumps(made, option=orjson.OPT_INDENT_2),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="customer-{customer_id}.json"'},
    )


@allow(*WORKERS)
async def ask(request: web.Request) -> web.StreamResponse:
    """Notes what the customer has asked for, with its deadline."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    await write(request, lambda conn, number: erasing.ask(conn, number, text_of(form, "what"), by), customer_id)
    return redirect(request, f"/customers/{customer_id}", say=_("Noted as a task with its deadline."))


@allow(*WORKERS)
async def nothing(request: web.Request) -> web.StreamResponse:
    """Asks how staff heard that the customer wants nothing more."""
    customer_id, now = path_id(request), request.app[SERVICES].clock()
    card = await read(request, lambda conn, number: customer_card(conn, number, now), customer_id)
    return render(request, "nothing_more.html", card=card, ways=tuple(nothing_more.HEARD))


@allow(*WORKERS)
async def take_back(request: web.Request) -> web.StreamResponse:
    """Writes to the customer no more at all."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    key = request.app[SERVICES].keys.consent

    def act(conn: Connection, number: int) -> int:
        return nothing_more.heard(conn, number, text_of(form, "how"), text_of(form, "words"), by, key)

    await write(request, act, customer_id)
    return redirect(request, f"/customers/{customer_id}", say=_("Nothing is written to them any more."))


async def _page(request: web.Request, customer_id: int, *, problem: str = "") -> web.StreamResponse:
    now = request.app[SERVICES].clock()
    found = await read(request, lambda conn, number: erasing.look(conn, number, now), customer_id)
    return render(
        request,
        "erase_customer.html",
        status=422 if problem else 200,
        found=found,
        reasons=erasing.REASONS,
        names=_reasons(),
        labels=_labels(),
        under_way=_under_way(),
        problem=problem,
    )


def _reasons() -> dict[str, str]:
    return {
        "asked": _("They asked for it"),
        "no_longer_needed": _("Nothing of it is needed any more"),
        "deceased": _("They have died"),
        "by_mistake": _("They are here by mistake"),
    }


def _labels() -> list[tuple[str, str]]:
    return [
        ("interaction", _("Entries of the history")),
        ("attachment", _("Files")),
        ("identity", _("Addresses and numbers")),
        ("message", _("Messages to them")),
        ("consent", _("Consents")),
        ("appointment", _("Appointments")),
        ("purchase", _("Purchases")),
        ("equipment", _("Equipment")),
        ("task", _("Tasks")),
        ("draft", _("Drafts")),
    ]


def _under_way() -> dict[str, str]:
    return {
        "conversations": _("open conversations"),
        "appointments": _("appointments to come"),
        "purchases": _("purchases to be paid"),
        "tasks": _("open tasks"),
    }


def routes() -> list[web.RouteDef]:
    one = r"/customers/{id:\d+}"
    return [
        web.get(f"{one}/erase", show),
        web.post(f"{one}/erase", erase),
        web.post(f"{one}/copy", copy),
        web.post(f"{one}/requests", ask),
        web.get(f"{one}/nothing-more", nothing),
        web.post(f"{one}/nothing-more", take_back),
    ]
