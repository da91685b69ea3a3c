"""Canned texts: what is written often, by name and language, everybody's or one's own; put in by typing /name."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import canned as desk
from hub.desk.recipients import Recipient, person_of, recipient_of
from hub.insight import inbox
from hub.model.errors import HubError, Refused
from hub.outreach.phrases import NAMES, check_phrase, try_phrase
from hub.store import canned as store
from hub.web import audit, composing
from hub.web.auth import STAFF, allow
from hub.web.composing import NOWHERE, Talk
from hub.web.i18n import _
from hub.web.pages.fields import Form, form_of, id_of, path_id, read, text_of, write
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

WRITERS = ("agent", "marketer", "admin")


@allow(*WRITERS)
async def show_all(request: web.Request) -> web.StreamResponse:
    """Lists the canned texts that the reader may use."""
    texts = await read(request, store.usable, request[STAFF].id)
    return render(request, "canned_texts.html", texts=texts)


@allow(*WRITERS)
async def begin(request: web.Request) -> web.StreamResponse:
    """Shows the form of a new canned text."""
    return _editor(request, {"language": request.app[SERVICES].settings.hub.language, "shared": "yes"})


@allow(*WRITERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a canned text, to be changed."""
    staff_id = request[STAFF].id
    text = await read(request, lambda conn, number: store.get(conn, number, staff_id), path_id(request))
    form = {"name": text.name, "language": text.language, "text": text.text, "shared": "yes" if text.shared else ""}
    return _editor(request, form, number=text.id)


@allow(*WRITERS)
async def create(request: web.Request) -> web.StreamResponse:
    """Keeps a new canned text, or shows the form again with what is wrong."""
    return await _save(request, None)


@allow(*WRITERS)
async def change(request: web.Request) -> web.StreamResponse:
    """Changes a canned text, or shows the form again with what is wrong."""
    return await _save(request, path_id(request))


@allow(*WRITERS)
async def remove(request: web.Request) -> web.StreamResponse:
    """Removes a canned text."""
    by = audit.by(request)
    await write(request, lambda conn, number: desk.remove(conn, number, by), path_id(request))
    return redirect(request, "/canned", say=_("The text is gone."))


@allow(*WRITERS)
async def filled(request: web.Request) -> web.StreamResponse:
    """Answers a canned text as it would stand in a message to somebody, for the composer to put in."""
    staff_id, asked = request[STAFF].id, request.query
    conversation_id, customer_id = id_of(asked, "conversation"), id_of(asked, "customer")
    identity_id = id_of(asked, "identity")

    def ask(conn: Connection, number: int) -> str:
        text = store.get(conn, number, staff_id)
        to: Recipient | None = None
        talk = NOWHERE
        if conversation_id is not None:
            line = inbox.conversation(conn, conversation_id)
            to, talk = recipient_of(conn, conversation_id), Talk(line.id, line.channel, line.subject)
        elif customer_id is not None and identity_id is not None:
            to = person_of(conn, customer_id, identity_id)
        staff = composing.staff_row(conn, staff_id)
        return composing.filled(request.app[SERVICES], conn, text.text, to, talk=talk, staff=staff)

    return web.Response(text=await read(request, ask, path_id(request)), content_type="text/plain", charset="utf-8")


async def _save(request: web.Request, number: int | None) -> web.StreamResponse:
    form, by = await form_of(request), audit.by(request)
    values: dict[str, Any] = {
        "name": text_of(form, "name").strip().removeprefix("/"),
        "language": text_of(form, "language").strip(),
        "text": text_of(form, "text").replace("\r\n", "\n"),
        "shared": text_of(form, "shared") == "yes",
    }

    def act(conn: Connection, said: dict[str, Any]) -> None:
        if number is None:
            desk.add(conn, said["name"], said["language"], said["text"], by, shared=said["shared"])
        else:
            desk.change(conn, number, said, by)

    try:
        check_phrase(values["text"])
        shown = try_phrase(values["text"], values["language"][:2] or "en") if values["text"].strip() else ""
        if text_of(form, "act") == "preview":
            return _editor(request, form, number=number, shown=shown)
        await write(request, act, values)
    except HubError as error:
        if not isinstance(error, Refused):
            raise
        return _editor(request, form, number=number, error=error)
    return redirect(request, "/canned", say=_("Saved."))


def _editor(
    request: web.Request, form: Form, *, number: int | None = None, error: Refused | None = None, shown: str = ""
) -> web.StreamResponse:
    fields = [f"{name}.{part}" if part else name for name, parts in NAMES.items() for part in (parts or ("",))]
    return render(
        request,
        "canned_text.html",
        status=422 if error else 200,
        form=form,
        number=number,
        error=error,
        shown=shown,
        fields=[field for field in fields if field != "language"],
    )


def routes() -> list[web.RouteDef]:
    return [
        web.get("/canned", show_all),
        web.get("/canned/new", begin),
        web.post("/canned", create),
        web.get(r"/canned/{id:\d+}", show),
        web.post(r"/canned/{id:\d+}", change),
        web.post(r"/canned/{id:\d+}/remove", remove),
        web.get(r"/canned/{id:\d+}/filled", filled),
    ]
