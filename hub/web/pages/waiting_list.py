"""Waiting list: who would like to come earlier, which slots are free, who was asked, and who has them."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.insight.people import customer_of, names_of, read_identity
from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.outreach.slots import offer_slot
from hub.store import audit as acts
from hub.store import slots as store
from hub.web import audit
from hub.web.auth import allow
from hub.web.house import house_of
from hub.web.i18n import _
from hub.web.pages.fields import (
    READERS,
    WORKERS,
    Form,
    day_of,
    form_of,
    moment_of,
    needed_id,
    path_id,
    read,
    text_of,
    today_of,
    write,
)
from hub.web.pages.writing import told
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

_PATH = "/waiting-list"
_FIELDS = (
    "customer", "title", "not_before", "not_after", "starts_at", "ends_at", "time_zone", "location", "channel",
)  # fmt: skip


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows who waits, and the slots that are offered or taken."""
    return await _page(request)


async def _page(
    request: web.Request, *, typed: Form | None = None, problem: str = "", status: int = 200
) -> web.StreamResponse:
    services = request.app[SERVICES]
    now = services.clock()

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        places, slots = store.places(conn), store.listed(conn, now)
        asked = store.asked_about(conn, [slot["id"] for slot in slots])
        people = {row["customer_id"] for row in (*places, *asked)}
        return {"places": places, "slots": slots, "asked": asked, "names": names_of(conn, people)}

    found = await read(request, ask, None)
    lanes = house_of(request).lanes
    own = services.settings.hub.time_zone
    return render(
        request,
        "waiting_list.html",
        status=status,
        typed={name: text_of(typed or {}, name) for name in _FIELDS},
        time_zone=own,
        problem=problem,
        channels=sorted(name for name, lane in lanes.items() if lane.schemes),
        **found,
    )


@allow(*WORKERS)
async def wait(request: web.Request) -> web.StreamResponse:
    """Puts a customer on the list, by their number, address or phone."""
    form, by = await form_of(request), audit.by(request)
    region = request.app[SERVICES].settings.hub.region
    who, title = text_of(form, "customer").strip(), text_of(form, "title")

    def act(conn: Connection, _arg: None) -> None:
        named = who.isascii() and who.isdecimal() and len(who) < 10
        customer = int(who) if named else customer_of(conn, read_identity(who, region))
        if customer is None:
            raise Refused(_("Nobody is known by this."), field="customer")
        days = {name: _day(request, form, name) for name in ("not_before", "not_after")}
        place = store.wait(conn, customer, title, by.at, **days)
        acts.note(conn, by, "waiting_list.joined", f"customer/{customer}", {"place": place})

    try:
        await write(request, act, None)
    except Refused as refused:
        return await _page(request, typed=form, problem=told(refused), status=422)
    return redirect(request, _PATH, say=_("Noted."))


def _day(request: web.Request, form: Form, name: str) -> Any:
    written = text_of(form, name).strip()
    return day_of(written, today_of(request)) if written else None


@allow(*WORKERS)
async def leave(request: web.Request) -> web.StreamResponse:
    """Takes somebody off the list."""
    place, by = path_id(request), audit.by(request)

    def act(conn: Connection, number: int) -> None:
        store.leave(conn, number, by.at)
        acts.note(conn, by, "waiting_list.left", f"waiting_place/{number}")

    await write(request, act, place)
    return redirect(request, _PATH, say=_("Taken off the list."))


@allow(*WORKERS)
async def offer(request: web.Request) -> web.StreamResponse:
    """Opens a slot and asks everybody who waits for it."""
    form, by, services = await form_of(request), audit.by(request), request.app[SERVICES]
    house = house_of(request)

    def act(conn: Connection, _arg: None) -> int:
        place = text_of(form, "time_zone").strip()
        starts_at = moment_of(form, "starts_at", zone(place))
        if starts_at is None:
            raise Refused(_("Say when the slot begins."), field="starts_at")
        fields = {
            "title": text_of(form, "title"),
            "starts_at": starts_at,
            "ends_at": moment_of(form, "ends_at", zone(place)),
            "time_zone": place,
            "location": text_of(form, "location").strip()[:300],
            "channel": text_of(form, "channel"),
        }
        slot, asked = offer_slot(conn, fields, house, by.at, by.staff_id)
        acts.note(conn, by, "slot.offered", f"slot/{slot}", {"asked": asked})
        return asked

    try:
        asked = await write(request, act, None)
    except Refused as refused:
        return await _page(request, typed=form, problem=told(refused), status=422)
    services.nudge()
    return redirect(request, _PATH, say=_("Asked: %s. Whoever says yes first has it.") % asked)


@allow(*WORKERS)
async def settle(request: web.Request) -> web.StreamResponse:
    """Gives a slot to one who was asked (they said so by mail or phone), or withdraws it."""
    slot, form, by = path_id(request), await form_of(request), audit.by(request)
    withdraws = text_of(form, "do") == "withdraw"
    customer = 0 if withdraws else needed_id(form, "customer")

    def act(conn: Connection, number: int) -> bool:
        if withdraws:
            store.close(conn, number, by.at)
            acts.note(conn, by, "slot.withdrawn", f"slot/{number}")
            return True
        made = store.take(conn, number, customer, by.at)
        if made is not None:
            acts.note(conn, by, "slot.taken", f"slot/{number}", {"appointment": made})
        return made is not None

    try:
        done = await write(request, act, slot)
    except Refused as refused:
        return await _page(request, problem=told(refused), status=422)
    request.app[SERVICES].nudge()
    return redirect(request, _PATH, say=_("Saved.") if done else _("Somebody else has it already."))


def routes() -> list[web.RouteDef]:
    return [
        web.get(_PATH, show),
        web.post(_PATH, wait),
        web.post(rf"{_PATH}/{{id:\d+}}/leave", leave),
        web.post(f"{_PATH}/slots", offer),
        web.post(rf"{_PATH}/slots/{{id:\d+}}", settle),
    ]
