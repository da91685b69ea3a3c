"""Offers: what is offered, to which tier for how much, who has which code, and what it earned; codes are redeemed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk.import_report import Report, Tell
from hub.desk.offer_import import import_offers
from hub.desk.record_import import RowReport
from hub.insight.offers import OfferPage, offer_page
from hub.model.errors import HubError, Refused
from hub.model.naming import name_of
from hub.model.offer import EMPTY, FIELDS
from hub.store import audit as acts
from hub.store import offer_codes, products
from hub.store import offers as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, WORKERS, Form, day_of, form_of, path_id, read, text_of, today_of, write
from hub.web.pages.file_import import FileImport
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES, Services

EDITORS = ("marketer", "admin")
_SHOWN = 100
_TEXTS = {"title": 300, "sku": 100, "category": 300, "currency": 3, "prefix": 16}
_FLAGS = ("for_bought", "makes_codes", "is_open")
_LARGEST_POOL = 2_000_000


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Lists offers, and takes a code to redeem."""
    return await _list(request)


async def _list(request: web.Request, *, code: str = "", problem: str = "", status: int = 200) -> web.StreamResponse:
    after = request.query.get("after", "")[:100]
    rows = await read(request, lambda conn, _arg: store.listed(conn, after=after, limit=_SHOWN + 1), None)
    more = rows[_SHOWN - 1]["external_id"] if len(rows) > _SHOWN else ""
    return render(request, "offers.html", status=status, rows=rows[:_SHOWN], more=more, code=code, problem=problem)


@allow(*WORKERS)
async def redeem(request: web.Request) -> web.StreamResponse:
    """Redeems a code that a customer shows; one that cannot be says why."""
    code, by = text_of(await form_of(request), "code")[:100], audit.by(request)

    def act(conn: Connection, given: str) -> dict[str, Any]:
        row, _first = offer_codes.redeem(conn, given, by.at, by.name)
        acts.note(conn, by, "offer.redeemed", f"offer/{row['offer_id']}", {"code": row["id"]})
        return row

    try:
        row = await write(request, act, code)
    except HubError as error:
        return await _list(request, code=code, problem=error.message, status=422)
    return redirect(request, f"/offers/{row['offer_id']}", say=_("Redeemed: %s.") % row["code"])


@allow(*EDITORS)
async def new(request: web.Request) -> web.StreamResponse:
    """Shows an empty form."""
    return await _form(request, {**EMPTY, "external_id": "", "tiers": {}})


@allow(*EDITORS)
async def save(request: web.Request) -> web.StreamResponse:
    """Makes or changes an offer; what is refused comes back as it was typed."""
    form, by = await form_of(request), audit.by(request)

    def act(conn: Connection, typed: str) -> int:
        external_id = typed or name_of(text_of(form, "title"), "offer", store.names(conn))
        made, outcome = store.upsert(conn, external_id, _given(request, form), by.at, tiers=_tiers(form))
        if outcome != "unchanged":
            acts.note(conn, by, f"offer.{outcome}", f"offer/{made}")
        return made

    try:
        made = await write(request, act, text_of(form, "external_id").strip())
    except Refused as refused:
        return await _form(request, {**form, "typed": True}, problem=told(refused), wrong=refused.field)
    return redirect(request, f"/offers/{made}", say=_("Saved."))


@allow(*EVERYBODY)
async def one(request: web.Request) -> web.StreamResponse:
    """Shows an offer, what became of it, and its form."""
    page = await _offer(request, path_id(request))
    return await _form(request, page.offer, page=page)


async def _offer(request: web.Request, offer_id: int) -> OfferPage:
    zone = request.app[SERVICES].settings.hub.time_zone
    return await read(request, lambda conn, number: offer_page(conn, number, zone), offer_id)


@allow(*EDITORS)
async def load(request: web.Request) -> web.StreamResponse:
    """Adds codes to the pool, one a line."""
    offer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    codes = text_of(form, "codes")[:_LARGEST_POOL].replace(",", "\n").replace(";", "\n").splitlines()

    def act(conn: Connection, number: int) -> dict[str, int]:
        added = store.load_codes(conn, number, codes, by.at)
        acts.note(conn, by, "offer.codes_added", f"offer/{number}", added)
        return added

    try:
        added = await write(request, act, offer_id)
    except Refused as refused:
        page = await _offer(request, offer_id)
        return await _form(request, page.offer, page=page, problem=told(refused))
    say = _("Added: %(added)s codes; known already: %(known)s.") % added
    return redirect(request, f"/offers/{offer_id}", say=say)


def _given(request: web.Request, form: Form) -> dict[str, Any]:
    """Returns what the form says of an offer. Raises Refused."""
    fields: dict[str, Any] = {name: text_of(form, name).strip()[:longest] for name, longest in _TEXTS.items()}
    fields |= {name: bool(text_of(form, name)) for name in _FLAGS}
    until = text_of(form, "valid_until").strip()
    days, below = (_number(form, name) for name in ("valid_days", "tell_below"))
    return {
        **fields,
        "titles": _titles(form),
        "currency": fields["currency"].upper(),
        "prefix": fields["prefix"].upper(),
        "price": _number(form, "price"),
        "percent": _number(form, "percent"),
        "valid_until": day_of(until, today_of(request)) if until else None,
        "valid_days": None if days is None else int(days),
        "tell_below": int(below or 0),
    }


def _titles(form: Form) -> dict[str, str]:
    """Returns the title in each language that it was written in."""
    beginning = "titles."
    told = {name.removeprefix(beginning): text_of(form, name).strip() for name in form if name.startswith(beginning)}
    return {language: title for language, title in told.items() if title}


def _tiers(form: Form) -> dict[str, dict[str, Decimal | None]]:
    """Returns what the lines `gold = 15%` and `silver = 49.90` say. Raises Refused."""
    found: dict[str, dict[str, Decimal | None]] = {}
    for line in text_of(form, "tiers").splitlines():
        tier, equals, worth = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not equals:
            raise Refused(_("Write a tier as: gold = 15%"), field="tiers")
        percent = worth.endswith("%")
        number = _number({"worth": worth.rstrip("% ")}, "worth")
        found[tier] = {"price": None if percent else number, "percent": number if percent else None}
    return found


def _number(form: Mapping[str, object], name: str) -> Decimal | None:
    written = text_of(form, name).strip().replace(",", ".")
    if not written:
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused(_("This is no number."), field=name) from None


async def _form(
    request: web.Request,
    offer: Mapping[str, Any],
    *,
    page: OfferPage | None = None,
    problem: str = "",
    wrong: str = "",
) -> web.StreamResponse:
    typed = "typed" in offer
    values: dict[str, Any] = {name: _shown(offer.get(name)) for name in (*FIELDS, "external_id")}
    values["titles"] = _titles(offer) if typed else offer["titles"]
    tiers = text_of(offer, "tiers") if typed else "\n".join(_line(*each) for each in offer["tiers"].items())
    return render(
        request,
        "offer.html",
        status=422 if problem else 200,
        values={**values, "tiers": tiers},
        page=page,
        problem=problem,
        wrong=wrong,
        products=await read(request, lambda conn, _arg: products.named(conn), None),
    )


def _line(tier: str, worth: Mapping[str, Any]) -> str:
    return f"{tier} = {_shown(worth['price'] if worth['percent'] is None else worth['percent'])}" + (
        "%" if worth["price"] is None else ""
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else "" if value is None else str(value)


async def _take(services: Services, content: bytes, dry: bool, tell: Tell) -> Report[RowReport]:
    region = services.settings.hub.region
    return await import_offers(services.database, content, services.clock(), region=region, dry=dry, tell=tell)


def routes() -> list[web.RouteDef]:
    importing = FileImport(name="offers", template="offer_import.html", take=_take, roles=EDITORS)
    return [
        web.get("/offers", show),
        web.get("/offers/new", new),
        web.post("/offers", save),
        web.post("/offers/redeem", redeem),
        *importing.routes(),
        web.get(r"/offers/{id:\d+}", one),
        web.post(r"/offers/{id:\d+}/codes", load),
    ]
