"""Prices of texts by country, one list a channel: what previews and flight plans reckon with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from aiohttp import web
from sqlalchemy import Connection

from hub.model.errors import NotFound, Refused
from hub.store import audit as acts
from hub.store import list_prices
from hub.web import audit
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import EVERYBODY, form_of, read, text_of, write
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render

_LINE = re.compile(r"\s*(?P<country>[A-Za-z]{2}|\*)\s*[\s:=;,]\s*(?P<price>\d+(?:[.,]\d+)?)\s*\Z")


@allow(*EVERYBODY)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows what staff wrote, and what the provider charged lately."""
    return await _page(request)


@allow("marketer", "admin")
async def change(request: web.Request) -> web.StreamResponse:
    """Keeps the whole list: a line a country, * for everywhere else."""
    name, form, by = _lane(request), await form_of(request), audit.by(request)
    written, currency = text_of(form, "prices"), text_of(form, "currency").strip().upper()

    def act(conn: Connection, lines: str) -> None:
        list_prices.keep(conn, name, _read(lines), currency, by.at, by.name)
        acts.note(conn, by, "prices.changed", f"channel/{name}")

    try:
        await write(request, act, written)
    except Refused as refused:
        return await _page(request, written=written, currency=currency, problem=told(refused))
    return redirect(request, f"/channels/{name}/prices", say=_("Saved."))


def _read(written: str) -> Sequence[tuple[str, Decimal]]:
    found = []
    for line in filter(str.strip, written.splitlines()):
        read_as = _LINE.match(line)
        if read_as is None:
            raise Refused(
                _("This line is no price: %s") % line.strip()[:40],
                field="prices",
                next_step=_("Write it as CZ 0.0834."),
            )
        country = read_as["country"].upper().replace("*", list_prices.EVERYWHERE_ELSE)
        try:
            found.append((country, Decimal(read_as["price"].replace(",", "."))))
        except InvalidOperation:
            raise Refused(_("This line is no price: %s") % line.strip()[:40], field="prices") from None
    return found


async def _page(
    request: web.Request, *, written: str | None = None, currency: str = "", problem: str = ""
) -> web.StreamResponse:
    name = _lane(request)
    lane = house_of(request).lanes[name]

    def ask(conn: Connection, channel: str) -> list_prices.Prices:
        return list_prices.of_channel(conn, channel, lane.price_per_part, lane.price_currency)

    found = await read(request, ask, name)
    lines = "\n".join(f"{country or '*'} {price.amount.normalize():f}" for country, price in found.listed.items())
    used = next((price.currency for price in found.listed.values()), "") or lane.price_currency
    return render(
        request,
        "prices.html",
        status=422 if problem else 200,
        name=name,
        charged=found.charged,
        written=lines if written is None else written,
        currency=currency or used,
        problem=problem,
    )


def _lane(request: web.Request) -> str:
    name = request.match_info["name"]
    lane = house_of(request).lanes.get(name)
    if lane is None or not {"tel", "whatsapp"} & set(lane.schemes):
        raise NotFound(_("This channel sends no texts."))
    return name


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/channels/{name:\w+}/prices", show),
        web.post(r"/channels/{name:\w+}/prices", change),
    ]
