"""Customers: searched by name, address, number or their words; made and changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import customers as desk
from hub.insight.card import customer_card
from hub.insight.history import search_history
from hub.insight.paging import Page, read_id
from hub.insight.people import find_customers, read_identity
from hub.model.birthday import write_birthday
from hub.model.errors import Refused
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, WORKERS, Form, form_of, is_part, path_id, read, text_of, write
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_FIELDS = ("display_name", "relationship", "language", "time_zone", "country", "birthday", "note")
_FOUND = 20


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows customers, newest first, or those found; and where their words were written."""
    words = request.query.get("words", "")[:200].strip()
    before = read_id(request.query.get("before", ""))
    region = request.app[SERVICES].settings.hub.region

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        found = search_history(conn, words, limit=_FOUND) if words and before is None else Page(())
        return {"page": find_customers(conn, words, region=region, before=before), "found": found}

    block = "lines" if is_part(request) else None
    return render(request, "customers.html", block=block, words_given=words, **await read(request, ask, None))


@allow(*WORKERS)
async def new(request: web.Request) -> web.StreamResponse:
    """Shows an empty form."""
    return _form(request, {"relationship": "customer"})


@allow(*WORKERS)
async def create(request: web.Request) -> web.StreamResponse:
    """Makes a customer; what is refused comes back as it was typed."""
    form, by, region = await form_of(request), audit.by(request), request.app[SERVICES].settings.hub.region
    try:
        written = [text_of(form, name) for name in ("email", "phone") if text_of(form, name).strip()]
        identities = [read_identity(each, region) for each in written]
        made = await write(
            request, lambda conn, fields: desk.create_customer(conn, fields, identities, by), _given(form)
        )
    except Refused as refused:
        return _form(request, form, problem=told(refused))
    return redirect(request, f"/customers/{made}", say=_("Saved."))


@allow(*WORKERS)
async def edit(request: web.Request) -> web.StreamResponse:
    """Shows the form of a customer."""
    customer_id, now = path_id(request), request.app[SERVICES].clock()
    card = await read(request, lambda conn, number: customer_card(conn, number, now), customer_id)
    birthday = write_birthday(card.birthday) if card.birthday else ""
    values = {name: getattr(card, name) for name in _FIELDS} | {"birthday": birthday, "facts": _lines(card.facts)}
    return _form(request, values, customer_id=customer_id)


@allow(*WORKERS)
async def change(request: web.Request) -> web.StreamResponse:
    """Changes a customer."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)

    def act(conn: Connection, fields: dict[str, Any]) -> None:
        if "facts" in form:
            here = customer_card(conn, customer_id, by.at).facts
            fields["facts"] = _facts(text_of(form, "facts"), here)
        desk.change_customer(conn, customer_id, fields, by)

    try:
        await write(request, act, _given(form))
    except Refused as refused:
        return _form(request, form, customer_id=customer_id, problem=told(refused))
    return redirect(request, f"/customers/{customer_id}", say=_("Saved."))


def _lines(facts: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in facts.items())


def _facts(written: str, here: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what changes of the facts that the reader sees, a line each. Raises Refused."""
    given: dict[str, Any] = {}
    for line in filter(str.strip, written.splitlines()):
        name, colon, value = line.partition(":")
        if not colon:
            raise Refused(_("A fact is written as name: value."), field="facts", next_step=line[:80])
        given[name.strip()] = value.strip()
    gone = {name: None for name in here if name not in given}
    return gone | {name: value for name, value in given.items() if name not in here or str(here[name]) != value}


def _given(form: Form) -> dict[str, Any]:
    return {name: text_of(form, name).strip() for name in _FIELDS if name in form}


def _form(request: web.Request, values: Form, *, customer_id: int = 0, problem: str = "") -> web.StreamResponse:
    shown = {name: values.get(name, "") for name in (*_FIELDS, "email", "phone", "facts")}
    return render(
        request,
        "customer_form.html",
        status=422 if problem else 200,
        values=shown,
        customer_id=customer_id,
        problem=problem,
        relationships=desk.RELATIONSHIPS,
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/customers", show),
        web.get("/customers/new", new),
        web.post("/customers", create),
        web.get(r"/customers/{id:\d+}/change", edit),
        web.post(r"/customers/{id:\d+}/change", change),
    ]
