"""Drafts: what the caller has written and not sent, with its files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import drafting, senders
from hub.desk.drafts import DraftFile, DraftKind, Then
from hub.model.errors import NotFound, Refused, TooLarge
from hub.store import drafts as store
from hub.store.audit import Actor
from hub.store.drafts import KeptDraft
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import WORKERS, operation
from hub.web.api.values import Done, Given, Id, Items, Line, Moment, Told
from hub.web.api.writing import QueuedMessage
from hub.web.body import parts
from hub.web.composing import Typed
from hub.web.sending import Spot, send

DraftId = Annotated[str, Field(max_length=64, examples=["9f8e7d6c5b4a"])]


class AttachedFile(Told):
    """A file of a draft; `id` is its place, from 1."""

    id: Id
    filename: str
    content_type: str
    size: int


class Draft(Told):
    """A draft as it was last kept; To, Cc and Bcc as they were typed."""

    id: DraftId
    kind: DraftKind
    conversation_id: Id | None
    customer_id: Id | None
    identity_id: Id | None
    about: Id | None
    channel: str
    to: str | None
    cc: str
    bcc: str
    subject: str
    text: str
    quote: bool
    files: list[AttachedFile]
    changed_at: Moment


class DraftWords(Given):
    """What a draft says. It belongs to a conversation, to an address of a customer, or is a mail to `to`."""

    kind: DraftKind = DraftKind.REPLY
    conversation_id: Id | None = None
    customer_id: Id | None = None
    identity_id: Id | None = None
    about: Id | None = None
    seen: Annotated[int, Field(ge=0)] | None = None
    channel: Line = ""
    to: Annotated[str, Field(max_length=10_000)] | None = None
    cc: Annotated[str, Field(max_length=10_000)] = ""
    bcc: Annotated[str, Field(max_length=10_000)] = ""
    subject: Annotated[str, Field(max_length=300)] = ""
    text: str = ""
    quote: bool = False

    def typed(self) -> Typed:
        names = ("kind", "about", "seen", "channel", "to", "cc", "bcc", "subject", "text", "quote")
        return Typed(**{name: getattr(self, name) for name in names})


class ByDraft(Given):
    id: DraftId


class ByDraftFile(ByDraft):
    file_id: Id


class SendDraft(Given):
    """What becomes of the conversation: it waits for an answer, is closed, or stays open."""

    then: Then = Then.WAIT


@operation("GET", "/drafts", roles=WORKERS, summary="The caller's drafts, the one changed last first")
async def list_drafts(call: Call) -> Items[Draft]:
    def ask(conn: Connection) -> Items[Draft]:
        lines = store.of_staff(conn, call.by.staff_id)
        return Items[Draft](items=[_draft(conn, line.id, call.by) for line in lines], next=None)

    return await call.read(ask)


@operation("GET", "/drafts/{id}", roles=WORKERS, summary="One draft")
async def get_draft(call: Call, path: ByDraft) -> Draft:
    return await call.read(_draft, path.id, call.by)


@operation("PUT", "/drafts/{id}", roles=WORKERS, summary="Keep a draft under an id of the caller's making")
async def keep_draft(call: Call, path: ByDraft, body: DraftWords) -> Draft:
    return await call.write(_keep, path.id, body, call.by)


@operation("DELETE", "/drafts/{id}", roles=WORKERS, summary="Drop a draft with its files")
async def drop_draft(call: Call, path: ByDraft) -> Done:
    def act(conn: Connection) -> Done:
        drafting.require(conn, path.id, call.by)
        drafting.drop(conn, path.id, call.by)
        return Done()

    return await call.write(act)


@operation("DELETE", "/drafts/{id}/files/{file_id}", roles=WORKERS, summary="Take a file off a draft")
async def remove_draft_file(call: Call, path: ByDraftFile) -> Draft:
    def act(conn: Connection) -> Draft:
        drafting.detach(conn, path.id, path.file_id - 1, call.by)
        return _draft(conn, path.id, call.by)

    return await call.write(act)


@operation("POST", "/drafts/{id}/send", roles=WORKERS, summary="Send a draft; sent twice it goes out once")
async def send_draft(call: Call, path: ByDraft, body: SendDraft) -> QueuedMessage:
    def act(conn: Connection) -> QueuedMessage:
        kept = drafting.require(conn, path.id, call.by)
        typed = Typed.of(kept.kind, kept.about_id, kept.seen, kept.content, then=body.then)
        spot = Spot(kept.conversation_id, kept.customer_id, kept.identity_id)
        return QueuedMessage.model_validate(send(call.services, conn, spot, path.id, typed, call.by))

    queued = await call.write(act)
    call.services.nudge()
    return queued


async def _attach(call: Call) -> Draft:
    draft_id = call.request.match_info["id"]
    kept = await call.read(drafting.require, draft_id, call.by)
    sections = call.services.settings.channels
    room = senders.room_for_files(str(kept.content.get("channel", "")), sections)
    files = [file async for file in _received(call, room)]
    if not files:
        raise Refused("No file was sent.", field="file", next_step="Send it as the field file of a form.")

    def act(conn: Connection) -> Draft:
        drafting.attach(conn, draft_id, files, room, call.by)
        return _draft(conn, draft_id, call.by)

    return await call.write(act)


async def _received(call: Call, room: int) -> AsyncIterator[DraftFile]:
    async for part in parts(call.request):
        if part.filename:
            content = bytearray()
            async for chunk in part.chunks():
                content += chunk
                if len(content) > room:
                    raise TooLarge(f"A mail holds {room / 1e6:.1f} MB of files.", field="file")
            sha256 = await asyncio.to_thread(call.services.blobs.put, bytes(content))
            yield DraftFile(sha256=sha256, size=len(content), filename=part.filename, content_type=part.content_type)


attach_file = FileOperation(
    method="POST",
    path="/drafts/{id}/files",
    roles=WORKERS,
    summary="Add a file to a draft: multipart/form-data with `file`",
    status=201,
    creates=False,
    run=_attach,
    inputs={"path": ByDraft},
    answer=Draft,
)


def _keep(conn: Connection, draft_id: str, body: DraftWords, by: Actor) -> Draft:
    if body.conversation_id is None and body.identity_id is None and body.to is None:
        raise Refused(
            "This belongs nowhere yet.", field="to", next_step="Name a conversation, an address of a customer, or to."
        )
    typed = body.typed()
    spot = Spot(body.conversation_id, body.customer_id, body.identity_id)
    if not drafting.keep(conn, draft_id, spot.place(typed), typed.content(), by):
        raise Refused("This draft was sent already.", field="id", next_step="Begin another one.")
    return _draft(conn, draft_id, by)


def _draft(conn: Connection, draft_id: str, by: Actor) -> Draft:
    kept: KeptDraft | None = drafting.own(conn, draft_id, by)
    if kept is None:
        raise NotFound("There is no such draft.")
    typed = Typed.of(kept.kind, kept.about_id, kept.seen, kept.content)
    files = [
        AttachedFile(id=at, filename=file.filename, content_type=file.content_type, size=file.size)
        for at, file in enumerate(drafting.files_of(kept), 1)
    ]
    return Draft(
        id=kept.id,
        kind=typed.kind,
        conversation_id=kept.conversation_id,
        customer_id=kept.customer_id,
        identity_id=kept.identity_id,
        about=kept.about_id,
        channel=typed.channel,
        to=typed.to,
        cc=typed.cc,
        bcc=typed.bcc,
        subject=typed.subject,
        text=typed.text,
        quote=typed.quote,
        files=files,
        changed_at=kept.changed_at,
    )
