"""Writing: answers, new messages and notes of staff; held for some seconds, so that they can be taken back."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk.drafts import Draft
from hub.desk.notes import note_conversation, note_customer
from hub.desk.replies import Queued, queue_message, queue_reply, recipient_of, take_back
from hub.desk.senders import chosen_sender, message_domain, senders
from hub.insight import history, inbox
from hub.insight.entries import holders
from hub.model.errors import NotFound
from hub.store.audit import Actor
from hub.web.api.call import Call
from hub.web.api.entries import Entry, told_entries
from hub.web.api.operation import WORKERS, operation
from hub.web.api.values import ById, Given, Id, Line, Moment, Told
from hub.web.services import Services


class NewText(Given):
    """`channel`: which one sends it; empty = the one that goes with the address or the message that is answered."""

    text: Annotated[str, Field(min_length=1, max_length=100_000)]
    subject: Annotated[str, Field(max_length=300)] = ""
    channel: Line = ""


class Reply(NewText):
    """An answer. `seen`: `came_in` of the conversation when it was read, so nothing is sent past something newer."""

    seen: Annotated[int, Field(ge=0)] | None = None
    close: bool = False


class NewMessage(NewText):
    """A message to an address that a customer holds; a mail needs a subject."""

    customer_id: Id
    identity_id: Id


class QueuedMessage(Told):
    """A message in the outbox; nothing of it leaves before `due_at`, until then it can be taken back."""

    id: Id
    due_at: Moment


class TakenBack(Told):
    id: Id
    conversation_id: Id | None
    subject: str
    text: str


class Note(Given):
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


@operation("POST", "/conversations/{id}/reply", roles=WORKERS, summary="Answer in a conversation", creates=True)
async def reply(call: Call, path: ById, body: Reply) -> QueuedMessage:
    queued = await call.create(_reply, path.id, body, call.services, secrets.token_hex(16), call.by)
    call.services.nudge()
    return queued


def _reply(
    conn: Connection, conversation_id: int, body: Reply, services: Services, draft_id: str, by: Actor
) -> QueuedMessage:
    scheme = recipient_of(conn, conversation_id).identity.scheme
    answering = inbox.conversation(conn, conversation_id).channel
    draft = _draft(body, services, draft_id, scheme, answering)
    return _told(queue_reply(conn, conversation_id, draft, by))


@operation("POST", "/messages", roles=WORKERS, summary="Write to a customer", creates=True)
async def send_message(call: Call, body: NewMessage) -> QueuedMessage:
    queued = await call.create(_send, body, call.services, secrets.token_hex(16), call.by)
    call.services.nudge()
    return queued


def _send(conn: Connection, body: NewMessage, services: Services, draft_id: str, by: Actor) -> QueuedMessage:
    holder = holders(conn, [body.identity_id]).get(body.identity_id)
    if holder is None or holder.customer_id != body.customer_id:
        raise NotFound(f"Customer {body.customer_id} holds no identity {body.identity_id}.")
    draft = _draft(body, services, draft_id, holder.scheme)
    return _told(queue_message(conn, body.customer_id, body.identity_id, draft, by))


@operation("POST", "/messages/{id}/take-back", roles=WORKERS, summary="Take back what has not left yet")
async def take_back_message(call: Call, path: ById) -> TakenBack:
    return TakenBack.model_validate(await call.write(take_back, path.id, call.by))


def _draft(body: NewText, services: Services, draft_id: str, scheme: str, answering: str = "") -> Draft:
    sections = services.settings.channels
    able = senders(scheme, sections, services.channels, answering=answering)
    channel = chosen_sender(body.channel, able)
    answer = body if isinstance(body, Reply) else None
    return Draft(
        id=draft_id,
        text=body.text,
        subject=body.subject,
        channel=channel,
        domain=message_domain(channel, sections, services.public_url),
        seen=answer.seen if answer else None,
        close=answer.close if answer else False,
    )


def _told(queued: Queued) -> QueuedMessage:
    return QueuedMessage(id=queued.id, due_at=queued.due_at)


@operation("POST", "/conversations/{id}/notes", roles=WORKERS, summary="Note something for colleagues", creates=True)
async def add_conversation_note(call: Call, path: ById, body: Note) -> Entry:
    return await call.create(_note_conversation, path.id, body.text, call.by)


def _note_conversation(conn: Connection, conversation_id: int, text: str, by: Actor) -> Entry:
    note = note_conversation(conn, conversation_id, text, by, draft_id="")
    return told_entries(conn, [history.entry(conn, note)])[0]


@operation("POST", "/customers/{id}/notes", roles=WORKERS, summary="Note something about a customer", creates=True)
async def add_customer_note(call: Call, path: ById, body: Note) -> Entry:
    return await call.create(_note_customer, path.id, body.text, call.by)


def _note_customer(conn: Connection, customer_id: int, text: str, by: Actor) -> Entry:
    note = note_customer(conn, customer_id, text, by, draft_id="")
    return told_entries(conn, [history.entry(conn, note)])[0]
