"""Calling a customer: the staff member's own phone rings first, then the customer's."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import calling as desk
from hub.desk.calling import Wanted
from hub.model.errors import Refused, SendError
from hub.web import audit, calling
from hub.web.auth import STAFF, allow
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, needed_id, new_draft, path_id, read, text_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES


@allow(*WORKERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows whom to call by which number, on which phone of one's own, and what speaks against it."""
    return await _page(request)


@allow(*WORKERS)
async def place(request: web.Request) -> web.StreamResponse:
    """Rings the staff member's phone; the same button pressed twice rings it once."""
    posted, customer = await form_of(request), path_id(request)
    wanted = Wanted(
        key=text_of(posted, "key")[:80],
        channel=text_of(posted, "channel"),
        customer_id=customer,
        identity_id=needed_id(posted, "identity"),
        number=text_of(posted, "number"),
    )
    if not wanted.key:
        return await _page(request, Refused(_("Open this page anew."), field="key"))
    try:
        await calling.place(request.app[SERVICES], wanted, audit.by(request))
    except (Refused, SendError) as error:
        return await _page(request, error)
    return redirect(request, f"/customers/{customer}", say=_("Your phone rings: take it and press 1."))


async def _page(request: web.Request, error: Refused | SendError | None = None) -> web.StreamResponse:
    customer = path_id(request)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {"phones": desk.phones_of(conn, customer), "own": desk.staff_phones(conn)}

    page = await read(request, ask, None)
    mine = request[STAFF].display_name
    return render(
        request,
        "call_customer.html",
        status=422 if error else 200,
        customer=customer,
        key=new_draft(),
        lines=calling.lines(request.app[SERVICES]),
        mine=mine,
        error=error,
        **page,
    )


def routes() -> list[web.RouteDef]:
    return [web.get(r"/customers/{id:\d+}/call", show), web.post(r"/customers/{id:\d+}/call", place)]
