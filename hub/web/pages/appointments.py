"""Appointments: a day or a week of them, booked, moved, confirmed and cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.card import AppointmentLine, appointment_lines
from hub.insight.messages import Planned, about
from hub.insight.paging import one_of
from hub.insight.people import customer_of, read_identity
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.outreach.reasons import in_words
from hub.store import appointments as store
from hub.store import audit as acts
from hub.store.tables import AppointmentRow
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import (
    READERS,
    WORKERS,
    Form,
    day_of,
    day_span,
    form_of,
    id_of,
    moment_of,
    needed_id,
    path_id,
    read,
    text_of,
    today_of,
    write,
)
from hub.web.pages.writing import told
from hub.web.rendering import reader_zone, redirect, render
from hub.web.services import SERVICES

_SPANS = {"day": 1, "week": 7}
_MOST = 300
_TEXTS = {"title": 200, "location": 300, "note": 10_000}


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows the appointments of a day or a week, where the reader is."""
    span = one_of(request.query.get("span", "week"), _SPANS, "span")
    first = day_of(request.query.get("day", ""), today_of(request))
    start, end = day_span(request, first, _SPANS[span])

    def ask(conn: Connection, _arg: None) -> list[AppointmentLine]:
        return appointment_lines(conn, AppointmentRow.starts_at >= start, AppointmentRow.starts_at < end, limit=_MOST)

    lines, place = await read(request, ask, None), reader_zone(request)
    by_day = groupby(lines, lambda line: line.starts_at.astimezone(place).date())
    days = [(those[0].starts_at, those) for _day, group in by_day for those in [list(group)]]
    step = timedelta(days=_SPANS[span])
    return render(
        request,
        "appointments.html",
        days=days,
        span=span,
        first=first.isoformat(),
        earlier=_moved(first, -step),
        later=_moved(first, step),
        more=_MOST if len(lines) == _MOST else 0,
    )


def _moved(day: date, step: timedelta) -> str:
    try:
        return (day + step).isoformat()
    except OverflowError:
        return day.isoformat()


@allow(*WORKERS)
async def new(request: web.Request) -> web.StreamResponse:
    """Shows an empty form, for a customer where the address names one."""
    chosen = id_of(request.query, "customer")
    local = request.app[SERVICES].settings.hub.time_zone
    return _form(request, {"customer": str(chosen or ""), "time_zone": local})


@allow(*WORKERS)
async def create(request: web.Request) -> web.StreamResponse:
    """Books an appointment; what is refused comes back as it was typed."""
    form, by = await form_of(request), audit.by(request)
    region = request.app[SERVICES].settings.hub.region

    def book(conn: Connection, _arg: None) -> int:
        made = store.create(
            conn,
            customer_id=_customer(conn, text_of(form, "customer").strip(), region),
            now=by.at,
            source="page",
            **_fields(form),
        )
        acts.note(conn, by, "appointment.created", f"appointment/{made}")
        return made

    try:
        made = await write(request, book, None)
    except Refused as refused:
        return _form(request, form, problem=told(refused))
    return redirect(request, f"/appointments/{made}", say=_("Booked."))


@allow(*READERS)
async def one(request: web.Request) -> web.StreamResponse:
    """Shows an appointment with its reminders."""
    return await _page(request, path_id(request))


async def _page(
    request: web.Request, appointment_id: int, *, typed: Form | None = None, problem: str = ""
) -> web.StreamResponse:
    def ask(conn: Connection, number: int) -> tuple[dict[str, Any], AppointmentLine, list[Planned]]:
        row = store.get(conn, number)
        [line] = appointment_lines(conn, AppointmentRow.id == number)
        return row, line, about(conn, store.ABOUT, number)

    row, line, messages = await read(request, ask, appointment_id)
    place = zone(row["time_zone"])
    times = {name: f"{row[name].astimezone(place):%Y-%m-%dT%H:%M}" if row[name] else "" for name in _TIMES}
    values = typed or {**{name: row[name] for name in (*_TEXTS, "time_zone")}, **times}
    return _form(
        request,
        values,
        problem=problem,
        appointment=row,
        customer_name=line.customer_name or line.customer_id,
        messages=messages,
    )


@allow(*WORKERS)
async def change(request: web.Request) -> web.StreamResponse:
    """Changes or moves an appointment, unless somebody else changed it since the form was shown."""
    appointment_id, form, by = path_id(request), await form_of(request), audit.by(request)
    revision = needed_id(form, "revision")

    def edit(conn: Connection, number: int) -> None:
        store.edit(conn, number, revision=revision, changes=_fields(form), now=by.at)
        acts.note(conn, by, "appointment.changed", f"appointment/{number}")

    try:
        await write(request, edit, appointment_id)
    except Refused as refused:
        return await _page(request, appointment_id, typed=form, problem=told(refused))
    return redirect(request, f"/appointments/{appointment_id}", say=_("Saved."))


def _step(kind: str, work: Callable[..., int], **more: Any) -> Any:
    @allow(*WORKERS)
    async def step(request: web.Request) -> web.StreamResponse:
        appointment_id, by = path_id(request), audit.by(request)
        revision = needed_id(await form_of(request), "revision")

        def do(conn: Connection, number: int) -> None:
            work(conn, number, revision=revision, now=by.at, **more)
            acts.note(conn, by, f"appointment.{kind}", f"appointment/{number}")

        await write(request, do, appointment_id)
        return redirect(request, f"/appointments/{appointment_id}", say=_("Noted."))

    return step


_TIMES = ("starts_at", "ends_at")


def _fields(form: Form) -> dict[str, Any]:
    """Returns what the form says of an appointment; times are those of its place. Raises Refused."""
    name = text_of(form, "time_zone").strip()
    place = zone(name)
    starts_at = moment_of(form, "starts_at", place)
    if starts_at is None:
        raise Refused(_("An appointment needs a beginning."), field="starts_at")
    texts = {field: text_of(form, field).strip()[:longest] for field, longest in _TEXTS.items()}
    return {**texts, "starts_at": starts_at, "ends_at": moment_of(form, "ends_at", place), "time_zone": name}


def _customer(conn: Connection, written: str, region: str) -> int:
    """Returns the customer that is named by number, address or phone. Raises Refused and NotFound."""
    if written.isascii() and written.isdecimal() and len(written) < 10:
        return int(written)
    found = customer_of(conn, read_identity(written, region))
    if found is None:
        raise Refused(
            _("Nobody has this address."), field="customer", next_step=_("Make the customer first, or check it.")
        )
    return found


def _form(
    request: web.Request,
    values: Form,
    *,
    problem: str = "",
    appointment: dict[str, Any] | None = None,
    customer_name: object = "",
    messages: list[Planned] | None = None,
) -> web.StreamResponse:
    names = ("customer", "time_zone", *_TIMES, *_TEXTS)
    return render(
        request,
        "appointment.html",
        status=422 if problem else 200,
        values={name: values.get(name, "") for name in names},
        problem=problem,
        appointment=appointment,
        customer_name=customer_name,
        messages=messages or [],
        in_words=in_words,
    )


def routes() -> list[web.RouteDef]:
    number = r"/appointments/{id:\d+}"
    return [
        web.get("/appointments", show),
        web.get("/appointments/new", new),
        web.post("/appointments", create),
        web.get(number, one),
        web.post(number, change),
        web.post(f"{number}/confirm", _step("confirmed", store.confirm)),
        web.post(f"{number}/cancel", _step("cancelled", store.cancel)),
        web.post(f"{number}/attended", _step("attended", store.close, attended=True)),
        web.post(f"{number}/missed", _step("missed", store.close, attended=False)),
    ]
