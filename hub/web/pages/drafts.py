"""Drafts: what one has written and not sent, kept as one types, listed and gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import drafting
from hub.desk.drafts import says_something
from hub.desk.recipients import inbound_count
from hub.insight.messages import scheduled_by
from hub.model.errors import HubError, Refused
from hub.store import drafts
from hub.store.drafts import Writer
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import WORKERS, form_of, id_of, read, text_of, write
from hub.web.pages.sending import Spot
from hub.web.pages.writing import typed_of
from hub.web.rendering import redirect, render

_ONE = r"/drafts/{id:[A-Za-z0-9_-]{8,64}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    """What stands below the text while it is written."""

    kept_at: datetime | None = None
    problem: str = ""
    missed: int = 0
    writers: tuple[Writer, ...] = ()


@allow(*WORKERS)
async def show_all(request: web.Request) -> web.StreamResponse:
    """Lists the reader's own drafts, and what they wrote for later."""
    by = audit.by(request)

    def ask(conn: Connection, _arg: None) -> dict[str, Any]:
        return {"lines": drafts.of_staff(conn, by.staff_id), "scheduled": scheduled_by(conn, by.staff_id, by.at)}

    return render(request, "drafts.html", **await read(request, ask, None))


@allow(*WORKERS)
async def go_on(request: web.Request) -> web.StreamResponse:
    """Leads to the page on which a draft is written."""
    by, draft_id = audit.by(request), request.match_info["id"]
    kept = await read(request, lambda conn, _arg: drafting.require(conn, draft_id, by), None)
    customer_id = kept.customer_id if kept.identity_id is not None and kept.content.get("to") is None else None
    spot = Spot(kept.conversation_id, customer_id, kept.identity_id if customer_id is not None else None)
    return redirect(request, spot.path(draft_id))


@allow(*WORKERS)
async def keep(request: web.Request) -> web.StreamResponse:
    """Keeps what is being written; the page asks for it a moment after each pause in typing.

    Its files are not touched: they came and go by the form itself.
    """
    by, draft_id, form = audit.by(request), request.match_info["id"], await form_of(request)
    if text_of(form, "draft") != draft_id:
        raise Refused(_("This form is incomplete."), field="draft", next_step=_("Open the page anew."))
    posted = [(name, value) for name, value in (await request.post()).items() if isinstance(value, str)]
    typed = typed_of(form, posted)
    spot = Spot(id_of(form, "conversation"), id_of(form, "customer"), id_of(form, "identity"))

    def act(conn: Connection, _arg: None) -> _Status:
        before = drafting.own(conn, draft_id, by)
        if typed.kind.answers and not says_something(typed.text) and not (before and before.files):
            # Whoever has wiped out what they began writes nothing any more, and keeps nobody waiting.
            drafting.drop(conn, draft_id, by)
            kept = False
        else:
            kept = drafting.keep(conn, draft_id, spot.place(typed), typed.content(), by)
        if spot.conversation_id is None:
            return _Status(kept_at=by.at if kept else None)
        came_in = inbound_count(conn, spot.conversation_id)
        return _Status(
            kept_at=by.at if kept else None,
            missed=max(0, came_in - typed.seen) if typed.seen is not None else 0,
            writers=tuple(drafts.writers(conn, spot.conversation_id, without=by.staff_id)),
        )

    try:
        status = await write(request, act, None)
    except HubError as error:
        status = _Status(problem=f"{error.message} {error.next_step}".strip())
    return render(
        request,
        "_drafted.html",
        status=422 if status.problem else 200,
        state=status,
        conversation_id=spot.conversation_id,
        draft=draft_id,
    )


@allow(*WORKERS)
async def drop(request: web.Request) -> web.StreamResponse:
    """Removes a draft with its files."""
    by, draft_id = audit.by(request), request.match_info["id"]

    def act(conn: Connection, _arg: None) -> None:
        drafting.require(conn, draft_id, by)
        drafting.drop(conn, draft_id, by)

    await write(request, act, None)
    return redirect(request, "/drafts", say=_("The draft is gone."))


def routes() -> list[web.RouteDef]:
    return [
        web.get("/drafts", show_all),
        web.get(_ONE, go_on),
        web.post(_ONE + "/keep", keep),
        web.post(_ONE + "/drop", drop),
    ]
