"""Equipment: what is due for a service, and one thing with its services, readings and faults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web
from sqlalchemy import Connection, select

from hub.desk.equipment_import import import_equipment
from hub.desk.import_report import Report, Tell
from hub.desk.record_import import RowReport
from hub.insight.messages import about
from hub.insight.paging import one_of
from hub.model.equipment import KINDS, STATES
from hub.model.errors import Refused
from hub.outreach.reasons import in_words
from hub.store import audit as acts
from hub.store import equipment as store
from hub.store.tables import CustomerRow
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import (
    READERS,
    WORKERS,
    Form,
    day_of,
    form_of,
    id_of,
    needed_id,
    path_id,
    read,
    text_of,
    today_of,
    write,
)
from hub.web.pages.file_import import FileImport
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import Services

_SPANS = {"30": 30, "90": 90, "365": 365}
_MOST = 300
_TEXTS = {"name": 300, "model": 300, "serial": 300, "location": 300, "sku": 100, "unit": 30, "note": 10_000}
_DAYS = ("installed_on", "warranty_until", "last_service_on", "read_on")
_NUMBERS = ("service_every", "last_service_reading", "reading")
_FIELDS = (*_TEXTS, *_DAYS, *_NUMBERS, "site_id", "service_months", "state")


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Lists what is overdue or due for a service soon."""
    span = one_of(request.query.get("span", "90"), _SPANS, "span")
    today = today_of(request)

    def ask(conn: Connection, last: date) -> tuple[list[dict[str, Any]], dict[int, str]]:
        rows = store.due(conn, None, last, limit=_MOST)
        return rows, _names(conn, rows)

    rows, names = await read(request, ask, today + timedelta(days=_SPANS[span]))
    return render(
        request, "equipment_due.html", rows=rows, names=names, span=span, spans=_SPANS, today=today, most=_MOST
    )


@allow(*WORKERS)
async def new(request: web.Request) -> web.StreamResponse:
    """Shows an empty form for a thing of a customer's."""
    return _form(request, {"customer": str(id_of(request.query, "customer") or ""), "state": STATES[0]})


@allow(*WORKERS)
async def create(request: web.Request) -> web.StreamResponse:
    """Adds a thing; what is refused comes back as it was typed."""
    form, by = await form_of(request), audit.by(request)

    def add(conn: Connection, owner: int) -> int:
        made = store.create(conn, customer_id=owner, now=by.at, source="page", **_given(form))
        acts.note(conn, by, "equipment.created", f"equipment/{made}")
        return made

    try:
        made = await write(request, add, needed_id(form, "customer"))
    except Refused as refused:
        return _form(request, form, problem=told(refused))
    return redirect(request, f"/equipment/{made}", say=_("Saved."))


@allow(*READERS)
async def one(request: web.Request) -> web.StreamResponse:
    """Shows a thing with its log and its reminders."""
    return await _page(request, path_id(request))


async def _page(
    request: web.Request, equipment_id: int, *, typed: Form | None = None, problem: str = ""
) -> web.StreamResponse:
    def ask(conn: Connection, number: int) -> dict[str, Any]:
        row = store.get(conn, number)
        messages = about(conn, store.ABOUT, number)
        return {"equipment": row, "log": store.log_of(conn, number), "messages": messages, "names": _names(conn, [row])}

    found = await read(request, ask, equipment_id)
    values = typed or {name: _shown(found["equipment"][name]) for name in _FIELDS}
    return _form(request, values, problem=problem, **found)


@allow(*WORKERS)
async def change(request: web.Request) -> web.StreamResponse:
    """Changes a thing, unless somebody else changed it since the form was shown."""
    equipment_id, form, by = path_id(request), await form_of(request), audit.by(request)
    revision = needed_id(form, "revision")

    def edit(conn: Connection, number: int) -> None:
        store.edit(conn, number, revision=revision, changes=_given(form), now=by.at)
        acts.note(conn, by, "equipment.changed", f"equipment/{number}")

    try:
        await write(request, edit, equipment_id)
    except Refused as refused:
        return await _page(request, equipment_id, typed=form, problem=told(refused))
    return redirect(request, f"/equipment/{equipment_id}", say=_("Saved."))


@allow(*WORKERS)
async def enter(request: web.Request) -> web.StreamResponse:
    """Enters a service, a reading or a fault."""
    equipment_id, form, by = path_id(request), await form_of(request), audit.by(request)
    kind = one_of(text_of(form, "kind"), KINDS, "kind")
    fields: dict[str, Any] = {
        "day": day_of(text_of(form, "day"), today_of(request)),
        "reading": _number(form, "reading"),
        "fault_code": text_of(form, "fault_code").strip()[:100],
        "note": text_of(form, "note").strip()[:10_000],
    }

    def note(conn: Connection, number: int) -> None:
        store.log(conn, number, kind=kind, now=by.at, staff_id=by.staff_id, **fields)
        acts.note(conn, by, f"equipment.{kind}", f"equipment/{number}")

    try:
        await write(request, note, equipment_id)
    except Refused as refused:
        return await _page(request, equipment_id, problem=told(refused))
    return redirect(request, f"/equipment/{equipment_id}", say=_("Noted."))


def _given(form: Form) -> dict[str, Any]:
    """Returns what the form says of a thing. Raises Refused."""
    fields: dict[str, Any] = {name: text_of(form, name).strip()[:longest] for name, longest in _TEXTS.items()}
    fields |= {name: _day(form, name) for name in _DAYS} | {name: _number(form, name) for name in _NUMBERS}
    months = _number(form, "service_months")
    if months is not None and months != int(months):
        raise Refused(_("This is no number of months."), field="service_months")
    return {
        **fields,
        "service_months": None if months is None else int(months),
        "site_id": id_of(form, "site_id"),
        "state": text_of(form, "state") or STATES[0],
    }


def _day(form: Form, name: str) -> date | None:
    written = text_of(form, name).strip()
    return day_of(written, date.min) if written else None


def _number(form: Form, name: str) -> Decimal | None:
    written = text_of(form, name).strip().replace(",", ".")
    if not written:
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused(_("This is no number."), field=name) from None


def _shown(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else "" if value is None else str(value)


def _names(conn: Connection, rows: list[dict[str, Any]]) -> dict[int, str]:
    wanted = {row["customer_id"] for row in rows} | {row["site_id"] for row in rows if row["site_id"]}
    found = conn.execute(select(CustomerRow.id, CustomerRow.display_name).where(CustomerRow.id.in_(sorted(wanted))))
    return {row.id: row.display_name for row in found}


def _form(request: web.Request, values: Mapping[str, Any], *, problem: str = "", **more: Any) -> web.StreamResponse:
    shown = {name: values.get(name, "") for name in (*_FIELDS, "customer")}
    settled = {"equipment": None, "log": [], "messages": [], "names": {}, **more}
    return render(
        request,
        "equipment.html",
        status=422 if problem else 200,
        values=shown,
        problem=problem,
        today=today_of(request),
        in_words=in_words,
        **settled,
    )


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    region = services.settings.hub.region
    return await import_equipment(services.database, content, services.clock(), region=region, dry=dry, tell=tell)


def routes() -> list[web.RouteDef]:
    number = r"/equipment/{id:\d+}"
    importing = FileImport(name="equipment", template="equipment_import.html", take=_take)
    return [
        web.get("/equipment", show),
        web.get("/equipment/new", new),
        web.post("/equipment", create),
        *importing.routes(),
        web.get(number, one),
        web.post(number, change),
        web.post(f"{number}/log", enter),
    ]
