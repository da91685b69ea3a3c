"""Rights of persons: the register of their requests, and what must not be done with a customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import rights as desk
from hub.insight.card import customer_card
from hub.insight.paging import read_id
from hub.model.errors import Refused
from hub.model.person_request import RequestKind, RequestState
from hub.outreach.quiet_hours import rulebook_of
from hub.store import limits, person_requests
from hub.store.audit import Actor
from hub.store.limits import Limit
from hub.web import audit, rights
from hub.web.auth import allow
from hub.web.i18n import N_, _
from hub.web.pages.fields import READERS, WORKERS, form_of, moment_of, path_id, read, text_of, write
from hub.web.pages.writing import told
from hub.web.rendering import reader_zone, redirect, render
from hub.web.services import SERVICES

_PAGE = 50
KINDS = {
    RequestKind.ACCESS: N_("To be told what is kept of them"),
    RequestKind.COPY: N_("A copy of their data"),
    RequestKind.CORRECTION: N_("A correction"),
    RequestKind.RESTRICTION: N_("To have the use of their data restricted"),
    RequestKind.OBJECTION: N_("Not to be profiled"),
    RequestKind.ERASURE: N_("To be erased"),
}
LIMITS = {
    Limit.DECEASED: N_("They have died: nothing goes out any more"),
    Limit.RESTRICTION: N_("Restricted: only answers of staff go out"),
    Limit.PROFILING: N_("Not profiled: no recommendations, no choosing by what they did"),
    Limit.CHILD: N_("A child: no offers without a guardian's consent"),
}


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the register of requests, open ones or those that were answered."""
    return await _register(request)


@allow(*WORKERS)
async def ask(request: web.Request) -> web.StreamResponse:
    """Notes the request of somebody who is no customer here."""
    form, by = await form_of(request), audit.by(request)
    book = rulebook_of(request.app[SERVICES].settings)
    asked_at = moment_of(form, "asked_at", reader_zone(request))

    def act(conn: Connection, who: str) -> int:
        return rights.ask(
            conn,
            text_of(form, "kind"),
            by,
            book,
            evidence=text_of(form, "evidence"),
            who=who,
            checked=text_of(form, "checked"),
            asked_at=asked_at,
        )

    try:
        await write(request, act, text_of(form, "who"))
    except Refused as refused:
        return await _register(request, problem=told(refused))
    return redirect(request, "/rights", say=_("Noted, with its deadline and a task."))


@allow(*WORKERS)
async def answer(request: web.Request) -> web.StreamResponse:
    """Ends a request: what was done, or why not."""
    form = await form_of(request)
    state = RequestState.REFUSED if text_of(form, "state") == RequestState.REFUSED else RequestState.DONE

    def act(conn: Connection, number: int, by: Actor) -> None:
        desk.close(conn, number, state, text_of(form, "answer"), by)

    return await _act(request, act, _("Answered; its task is done."))


@allow(*WORKERS)
async def longer(request: web.Request) -> web.StreamResponse:
    """Makes a deadline longer by what the law allows."""
    form, book = await form_of(request), rulebook_of(request.app[SERVICES].settings)

    def act(conn: Connection, number: int, by: Actor) -> None:
        rights.extend(conn, number, text_of(form, "why"), by, book)

    return await _act(request, act, _("The deadline is longer: tell the person why."))


@allow(*READERS)
async def of_customer(request: web.Request) -> web.StreamResponse:
    """Shows what a customer has asked for, and what must not be done with them."""
    return await _customer(request)


@allow(*WORKERS)
async def ask_for_customer(request: web.Request) -> web.StreamResponse:
    """Notes what a customer asked for."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    book = rulebook_of(request.app[SERVICES].settings)

    def act(conn: Connection, number: int) -> int:
        return rights.ask(
            conn,
            text_of(form, "kind"),
            by,
            book,
            evidence=text_of(form, "evidence"),
            customer_id=number,
            checked=text_of(form, "checked"),
        )

    try:
        await write(request, act, customer_id)
    except Refused as refused:
        return await _customer(request, problem=told(refused))
    return redirect(request, f"/customers/{customer_id}/rights", say=_("Noted, with its deadline and a task."))


@allow(*WORKERS)
async def limit(request: web.Request) -> web.StreamResponse:
    """Says what must not be done with a customer, or that it may be done again."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)

    def act(conn: Connection, number: int) -> None:
        kind = rights.limit_of(text_of(form, "kind"))
        if text_of(form, "act") == "lift":
            desk.lift(conn, number, kind, by)
        else:
            desk.put(conn, number, kind, by, why=text_of(form, "why"), guardian=text_of(form, "guardian"))

    try:
        await write(request, act, customer_id)
    except Refused as refused:
        return await _customer(request, problem=told(refused))
    return redirect(request, f"/customers/{customer_id}/rights", say=_("Noted; it holds at once."))


async def _act(request: web.Request, act: Callable[[Connection, int, Actor], None], say: str) -> web.StreamResponse:
    by = audit.by(request)
    try:
        await write(request, lambda conn, number: act(conn, number, by), path_id(request))
    except Refused as refused:
        return await _register(request, problem=told(refused))
    return redirect(request, "/rights", say=say)


async def _register(request: web.Request, *, problem: str = "") -> web.StreamResponse:
    state = request.query.get("state", RequestState.OPEN.value)
    state = state if state in set(RequestState) else RequestState.OPEN.value
    before = read_id(request.query.get("before", ""))

    def asked(conn: Connection, _arg: None) -> list[dict[str, Any]]:
        return person_requests.listed(conn, state=state, before=before, limit=_PAGE + 1)

    rows = await read(request, asked, None)
    return render(
        request,
        "rights.html",
        status=422 if problem else 200,
        requests=rows[:_PAGE],
        following=rows[_PAGE - 1]["id"] if len(rows) > _PAGE else None,
        state=state,
        states=tuple(RequestState),
        kinds={kind.value: _(said) for kind, said in KINDS.items()},
        problem=problem,
    )


async def _customer(request: web.Request, *, problem: str = "") -> web.StreamResponse:
    customer_id, now = path_id(request), request.app[SERVICES].clock()

    def asked(conn: Connection, number: int) -> dict[str, Any]:
        return {
            "card": customer_card(conn, number, now),
            "requests": person_requests.listed(conn, customer_id=number),
            "held": limits.of_customer(conn, number),
        }

    found = await read(request, asked, customer_id)
    return render(
        request,
        "customer_rights.html",
        status=422 if problem else 200,
        kinds={kind.value: _(said) for kind, said in KINDS.items()},
        limits={kind.value: _(said) for kind, said in LIMITS.items()},
        problem=problem,
        **found,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/rights", show),
        web.post("/rights", ask),
        web.post(r"/rights/{id:\d+}/answer", answer),
        web.post(r"/rights/{id:\d+}/longer", longer),
        web.get(r"/customers/{id:\d+}/rights", of_customer),
        web.post(r"/customers/{id:\d+}/rights", ask_for_customer),
        web.post(r"/customers/{id:\d+}/limits", limit),
    ]
