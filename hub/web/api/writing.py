"""Writing: answers, forwards, new messages and notes of staff; held for some seconds, to be taken back."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import senders, undo
from hub.desk.addressing import write_parties
from hub.desk.drafts import Draft, DraftKind, Then
from hub.desk.notes import note_conversation, note_customer
from hub.desk.outgoing import Queued
from hub.desk.recipients import Recipient, person_of, recipient_of
from hub.desk.replies import queue_letter, queue_message, queue_reply
from hub.insight import history, inbox
from hub.store.audit import Actor
from hub.web import composing
from hub.web.api.call import Call
from hub.web.api.entries import Entry, told_entries
from hub.web.api.operation import WORKERS, operation
from hub.web.api.values import ById, Given, Id, Line, Moment, Told
from hub.web.composing import NOWHERE, Talk, Typed
from hub.web.services import Services

Address = Annotated[str, Field(max_length=500, examples=["Ada <ada@example.com>"])]
Addresses = Annotated[tuple[Address, ...], Field(max_length=50)]


class NewText(Given):
    """`channel`: which one sends it; empty = the one that goes with the address or the message that is answered.

    `cc`, `bcc` and `signed` (as who calls signs) are for mails. `send_at`: not before then, at most 90 days ahead.
    `template`: one with a wording that WhatsApp has approved, instead of `text`.
    """

    text: Annotated[str, Field(max_length=100_000)] = ""
    subject: Annotated[str, Field(max_length=300)] = ""
    channel: Line = ""
    cc: Addresses = ()
    bcc: Addresses = ()
    signed: bool = False
    send_at: Moment | None = None
    template: Line = ""


class Reply(NewText):
    """An answer. `seen`: `came_in` of the conversation when it was read, so nothing is sent past something newer.

    `about`: the entry that is answered, else the last mail; `to`: whom instead of its author; `everybody`: also those
    who got it, without our own addresses; `quote`: with the older mail below. It then waits, or `close` settles it.
    """

    seen: Annotated[int, Field(ge=0)] | None = None
    close: bool = False
    about: Id | None = None
    to: Addresses = ()
    everybody: bool = False
    quote: bool = False


class Forward(NewText):
    """A mail passed on: `about`, else the last one of the conversation; `files`: which of its files, else all."""

    to: Annotated[Addresses, Field(min_length=1)]
    about: Id | None = None
    files: Annotated[list[Id], Field(max_length=200)] | None = None


class NewMessage(NewText):
    """A message to an address that a customer holds; a mail needs a subject."""

    customer_id: Id
    identity_id: Id


class Letter(NewText):
    """A new mail to any addresses; who is not known becomes a customer."""

    subject: Annotated[str, Field(min_length=1, max_length=300)]
    to: Annotated[Addresses, Field(min_length=1)]


class QueuedMessage(Told):
    """A message in the outbox; nothing of it leaves before `due_at`, until then it can be taken back."""

    id: Id
    due_at: Moment
    conversation_id: Id | None


class TakenBack(Told):
    """What was taken back is a draft again, under the id `draft`."""

    id: Id
    conversation_id: Id | None
    subject: str
    text: str
    draft: str


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
    to, talk = _whom(conn, conversation_id, body.about)
    others = to.everybody_else(senders.own_addresses(services.settings.channels)) if body.everybody else ()
    typed = Typed(
        kind=DraftKind.REPLY_ALL if body.everybody else DraftKind.REPLY,
        to=", ".join(body.to) or None,
        cc=", ".join([*body.cc, *([write_parties(others)] if others else [])]),
        quote=body.quote,
        about=body.about,
        seen=body.seen,
        then=Then.CLOSE if body.close else Then.WAIT,
        **_said(body),
    )
    draft = _draft(services, conn, draft_id, typed, to, talk, body, by)
    return _told(queue_reply(conn, conversation_id, draft, by))


@operation("POST", "/conversations/{id}/forward", roles=WORKERS, summary="Pass a mail on", creates=True)
async def forward(call: Call, path: ById, body: Forward) -> QueuedMessage:
    queued = await call.create(_forward, path.id, body, call.services, secrets.token_hex(16), call.by)
    call.services.nudge()
    return queued


def _forward(
    conn: Connection, conversation_id: int, body: Forward, services: Services, draft_id: str, by: Actor
) -> QueuedMessage:
    to, talk = _whom(conn, conversation_id, body.about)
    typed = Typed(
        kind=DraftKind.FORWARD,
        to=", ".join(body.to),
        cc=", ".join(body.cc),
        originals=None if body.files is None else tuple(body.files),
        about=body.about if body.about is not None else to.about,
        then=Then.OPEN,
        **_said(body),
    )
    draft = _draft(services, conn, draft_id, typed, to, talk, body, by)
    return _told(queue_reply(conn, conversation_id, draft, by))


@operation("POST", "/messages", roles=WORKERS, summary="Write to a customer", creates=True)
async def send_message(call: Call, body: NewMessage) -> QueuedMessage:
    queued = await call.create(_send, body, call.services, secrets.token_hex(16), call.by)
    call.services.nudge()
    return queued


def _send(conn: Connection, body: NewMessage, services: Services, draft_id: str, by: Actor) -> QueuedMessage:
    to = person_of(conn, body.customer_id, body.identity_id)
    typed = Typed(kind=DraftKind.NEW, cc=", ".join(body.cc), **_said(body))
    draft = _draft(services, conn, draft_id, typed, to, NOWHERE, body, by)
    return _told(queue_message(conn, body.customer_id, body.identity_id, draft, by))


@operation("POST", "/letters", roles=WORKERS, summary="Write a mail to any address", creates=True)
async def send_letter(call: Call, body: Letter) -> QueuedMessage:
    queued = await call.create(_letter, body, call.services, secrets.token_hex(16), call.by)
    call.services.nudge()
    return queued


def _letter(conn: Connection, body: Letter, services: Services, draft_id: str, by: Actor) -> QueuedMessage:
    typed = Typed(kind=DraftKind.NEW, to=", ".join(body.to), cc=", ".join(body.cc), **_said(body))
    return _told(queue_letter(conn, _draft(services, conn, draft_id, typed, None, NOWHERE, body, by), by))


@operation("POST", "/messages/{id}/take-back", roles=WORKERS, summary="Take back what has not left yet")
async def take_back_message(call: Call, path: ById) -> TakenBack:
    return TakenBack.model_validate(await call.write(undo.take_back, path.id, call.by))


def _whom(conn: Connection, conversation_id: int, about: int | None) -> tuple[Recipient, Talk]:
    line = inbox.conversation(conn, conversation_id)
    return recipient_of(conn, conversation_id, about), Talk(line.id, line.channel, line.subject)


def _said(body: NewText) -> dict[str, Any]:
    return {
        "text": body.text,
        "subject": body.subject,
        "channel": body.channel,
        "bcc": ", ".join(body.bcc),
        "template": body.template,
    }


def _draft(
    services: Services,
    conn: Connection,
    draft_id: str,
    typed: Typed,
    to: Recipient | None,
    talk: Talk,
    body: NewText,
    by: Actor,
) -> Draft:
    draft = composing.draft_of(services, conn, draft_id, typed, to, talk=talk, send_at=body.send_at)
    if not body.signed or by.staff_id is None:
        return draft
    signature = composing.signature_of(services, conn, by.staff_id, draft.channel, to, talk)
    return composing.draft_of(services, conn, draft_id, typed, to, talk=talk, signature=signature, send_at=body.send_at)


def _told(queued: Queued) -> QueuedMessage:
    return QueuedMessage(id=queued.id, due_at=queued.due_at, conversation_id=queued.conversation_id)


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
