"""Sending: what staff writes is kept, changed and sent, and comes back for some seconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import drafting, senders, undo
from hub.desk.drafts import DraftFile, DraftKind
from hub.desk.outgoing import Queued
from hub.desk.undo import TakenBack
from hub.insight import inbox
from hub.insight.messages import message
from hub.model.errors import Refused
from hub.model.sms_parts import plain_lookalikes
from hub.model.text_media import check_files
from hub.store.audit import Actor
from hub.web import audit, composing, sending
from hub.web.auth import STAFF, allow
from hub.web.composing import Typed
from hub.web.i18n import _
from hub.web.pages import conversations, customer
from hub.web.pages.fields import WORKERS, Form, id_of, is_part, needed_id, path_id, read, text_of, write
from hub.web.pages.rewriting import turned, with_phrase, with_sender
from hub.web.pages.writing import Asked, told, typed_of
from hub.web.rendering import redirect, render
from hub.web.services import SERVICES

SEND = "send"
_AFTERWARDS = ("stay", "next", "inbox")
_GO = "hub_go"
_YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class Spot(sending.Spot):
    """Where something is written, as a page."""

    def path(self, draft_id: str = "") -> str:
        """Returns the page on which a draft of here is written."""
        asked = f"?draft={draft_id}" if draft_id else ""
        if self.conversation_id is not None:
            return f"/conversations/{self.conversation_id}{asked}#composer"
        if self.customer_id is not None:
            chosen = f"identity={self.identity_id}" if self.identity_id is not None else ""
            return f"/customers/{self.customer_id}/write?{'&'.join(filter(None, [chosen, asked.lstrip('?')]))}"
        return f"/write{asked}"

    async def page(self, request: web.Request, asked: Asked, status: int = 200) -> web.StreamResponse:
        """Returns that page."""
        if self.conversation_id is not None:
            return await conversations.page(request, self.conversation_id, asked=asked, status=status)
        return await customer.writing(request, self.customer_id, self.identity_id, asked=asked, status=status)


@allow(*WORKERS, body="files")
async def reply(request: web.Request) -> web.StreamResponse:
    """Queues an answer, or keeps or changes it; what is refused comes back as it was typed."""
    return await _take(request, Spot(path_id(request)))


@allow(*WORKERS, body="files")
async def send(request: web.Request) -> web.StreamResponse:
    """Queues a new message to one address of a customer, or keeps or changes it."""
    form = await _form(request)
    return await _take(request, Spot(None, path_id(request), needed_id(form, "identity")))


@allow(*WORKERS, body="files")
async def send_letter(request: web.Request) -> web.StreamResponse:
    """Queues a new mail to any address, or keeps or changes it."""
    return await _take(request, Spot())


async def _take(request: web.Request, spot: Spot) -> web.StreamResponse:
    form, by, services = await _form(request), audit.by(request), request.app[SERVICES]
    posted = [(name, value) for name, value in (await request.post()).items() if isinstance(value, str)]
    typed, draft_id, act = typed_of(form, posted), text_of(form, "draft"), text_of(form, "act") or SEND
    if act == "drop":
        await write(request, lambda conn, _arg: drafting.drop(conn, draft_id, by), None)
        return redirect(request, spot.path().partition("#")[0], say=_("The draft is gone."))
    files = await _received(request)
    try:
        if act != SEND or files:
            await write(request, lambda conn, _arg: _keep(request, conn, spot, draft_id, typed, act, files, by), None)
        if act != SEND:
            return await _goes_on(request, spot, draft_id)
        queued = await write(request, lambda conn, _arg: sending.send(services, conn, spot, draft_id, typed, by), None)
    except Refused as refused:
        known = "" if refused.field == "draft" else draft_id
        return await spot.page(request, Asked(draft=known, typed=typed, problem=told(refused)), 422)
    services.nudge()
    return await _sent(request, spot, queued, text_of(form, "go"))


def _keep(
    request: web.Request,
    conn: Connection,
    spot: Spot,
    draft_id: str,
    typed: Typed,
    act: str,
    files: tuple[DraftFile, ...],
    by: Actor,
) -> None:
    """Keeps what was typed, changed as its writer asked: another kind, sender or file, a canned text put in."""
    to, talk = spot.whom(conn, typed)
    act, _colon, what = act.partition(":")
    if act == "kind" and what in set(DraftKind):
        typed = turned(request, typed, DraftKind(what), to)
    elif act == "sender":
        typed = with_sender(request, conn, typed, to, talk)
    elif act == "canned" and (number := id_of({"id": what}, "id")):
        typed = with_phrase(request, conn, typed, number, to, talk)
    elif act == "plain":
        typed = replace(typed, text=plain_lookalikes(typed.text))
    if not drafting.keep(conn, draft_id, spot.place(typed), typed.content(), by):
        return
    if act == "remove":
        drafting.detach(conn, draft_id, int(what) if what.isdecimal() and len(what) < 4 else -1, by)
    if files:
        services = request.app[SERVICES]
        scheme = to.identity.scheme if to else "mailto"
        able = composing.able_senders(services, scheme, talk.channel)
        channel = typed.channel if typed.channel in able else next(iter(able), "")
        drafting.attach(conn, draft_id, files, senders.room_for_files(channel, services.settings.channels), by)
        if scheme != "mailto":
            check_files(drafting.files_of(drafting.require(conn, draft_id, by)), scheme)


async def _goes_on(request: web.Request, spot: Spot, draft_id: str) -> web.StreamResponse:
    if is_part(request) and spot.conversation_id is not None:
        return await spot.page(request, Asked(draft=draft_id))
    return redirect(request, spot.path(draft_id))


async def _sent(request: web.Request, spot: Spot, queued: Queued, go: str) -> web.StreamResponse:
    """Leads where the writer wants to go on, with what can still be taken back; remembers where that was."""
    here = queued.conversation_id if spot.conversation_id is None else spot.conversation_id
    path = f"/conversations/{here}" if here is not None else f"/customers/{spot.customer_id}"
    if go == "inbox":
        path = "/inbox"
    elif go == "next":
        following = await read(request, lambda conn, number: inbox.following(conn, number, request[STAFF].id), here)
        path = f"/conversations/{following}" if following is not None else "/inbox"
    elif is_part(request) and spot.conversation_id is not None:
        return _remembering(await conversations.page(request, spot.conversation_id, sent=queued.id), go)
    return _remembering(redirect(request, f"{path}?sent={queued.id}"), go)


def _remembering(response: web.StreamResponse, go: str) -> web.StreamResponse:
    if go in _AFTERWARDS:
        response.set_cookie(_GO, go, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax")
    return response


@allow(*WORKERS)
async def take_back(request: web.Request) -> web.StreamResponse:
    """Takes a message back that has not left yet, and leads to the draft that it is again."""
    message_id, by = path_id(request), audit.by(request)

    def take(conn: Connection, _arg: None) -> TakenBack:
        return undo.take_back(conn, message_id, by)

    back = await write(request, take, None)
    if back.conversation_id is not None:
        return redirect(request, Spot(back.conversation_id).path(back.draft))
    return redirect(request, f"/drafts/{back.draft}")


@allow(*WORKERS)
async def held(request: web.Request) -> web.StreamResponse:
    """Shows how long a message can still be taken back; asked again every second."""
    sent = await read(request, message, path_id(request))
    left = max(0, round((sent.due_at - request.app[SERVICES].clock()).total_seconds()))
    open_still = sent.can_be_taken_back
    return render(
        request,
        "_held.html",
        sent=sent,
        left=left if open_still else None,
        later=open_still and sent.scheduled,
        sent_id=sent.id,
    )


async def _form(request: web.Request) -> Form:
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


async def _received(request: web.Request) -> tuple[DraftFile, ...]:
    """Stores the files that came with a form; an empty field is no file."""
    blobs = request.app[SERVICES].blobs
    files = []
    for value in (await request.post()).values():
        if isinstance(value, web.FileField) and value.filename:
            content = await asyncio.to_thread(value.file.read)
            files.append((await asyncio.to_thread(blobs.put, content), len(content), value))
    return tuple(
        DraftFile(
            sha256=sha256,
            size=size,
            filename=value.filename,
            content_type=value.content_type.partition(";")[0].strip().lower() or "application/octet-stream",
        )
        for sha256, size, value in files
    )


def routes() -> list[web.RouteDef]:
    return [
        web.post(r"/conversations/{id:\d+}/reply", reply),
        web.post(r"/customers/{id:\d+}/write", send),
        web.post("/write", send_letter),
        web.post(r"/messages/{id:\d+}/undo", take_back),
        web.get(r"/messages/{id:\d+}/held", held),
    ]
