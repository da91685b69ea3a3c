"""Sending: what staff wrote goes into the outbox, and comes back out of it within 10 s."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import replies
from hub.desk.replies import Queued, TakenBack
from hub.insight.inbox import conversation
from hub.model.errors import Refused
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages import conversations, customer
from hub.web.pages.fields import WORKERS, form_of, needed_id, path_id, write
from hub.web.pages.writing import draft_of, told
from hub.web.rendering import redirect
from hub.web.services import SERVICES


@allow(*WORKERS)
async def reply(request: web.Request) -> web.StreamResponse:
    """Queues an answer; what is refused comes back with its text and a new draft."""
    conversation_id, form, by = path_id(request), await form_of(request), audit.by(request)

    def queue(conn: Connection, _arg: None) -> Queued:
        to = replies.recipient_of(conn, conversation_id)
        answering = conversation(conn, conversation_id).channel
        return replies.queue_reply(conn, conversation_id, draft_of(request, form, to.identity, answering=answering), by)

    try:
        await write(request, queue, None)
    except Refused as refused:
        return await conversations.page(request, conversation_id, typed=form, problem=told(refused), status=422)
    request.app[SERVICES].nudge()
    return await conversations.after(request, conversation_id)


@allow(*WORKERS)
async def send(request: web.Request) -> web.StreamResponse:
    """Queues a new message to one address of a customer."""
    customer_id, form, by = path_id(request), await form_of(request), audit.by(request)
    identity_id = needed_id(form, "identity")

    def queue(conn: Connection, _arg: None) -> Queued:
        to = replies.person_of(conn, customer_id, identity_id)
        return replies.queue_message(conn, customer_id, identity_id, draft_of(request, form, to.identity), by)

    try:
        await write(request, queue, None)
    except Refused as refused:
        return await customer.writing(request, customer_id, identity_id, typed=form, problem=told(refused), status=422)
    request.app[SERVICES].nudge()
    return redirect(request, f"/customers/{customer_id}", say=_("Queued; it leaves in 10 seconds."))


@allow(*WORKERS)
async def undo(request: web.Request) -> web.StreamResponse:
    """Takes a message back that has not left yet, and hands its text back to its writer."""
    message_id, by = path_id(request), audit.by(request)

    def take(conn: Connection, _arg: None) -> TakenBack:
        return replies.take_back(conn, message_id, by)

    back = await write(request, take, None)
    typed = {"text": back.text, "subject": back.subject}
    if back.conversation_id is not None:
        return await conversations.page(request, back.conversation_id, typed=typed)
    return await customer.writing(request, back.customer_id, back.identity_id, typed=typed)


def routes() -> list[web.RouteDef]:
    return [
        web.post(r"/conversations/{id:\d+}/reply", reply),
        web.post(r"/customers/{id:\d+}/write", send),
        web.post(r"/messages/{id:\d+}/undo", undo),
    ]
