"""Canned texts: everybody's and the caller's own, filled in for a conversation where one is named."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from hub.desk import canned as desk
from hub.desk.recipients import recipient_of
from hub.insight import inbox
from hub.outreach.phrases import try_phrase
from hub.store import canned as store
from hub.store.audit import Actor
from hub.web import composing
from hub.web.api.call import Call
from hub.web.api.operation import operation
from hub.web.api.values import ById, Done, Given, Id, Items, Moment, Told
from hub.web.composing import Talk

WRITERS = ("agent", "marketer", "admin")
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", examples=["opening_hours"])]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", examples=["pt-BR"])]
Words = Annotated[str, Field(min_length=1, max_length=20_000)]


class CannedText(Told):
    """A text with a name, in one language; `shared`: everybody's."""

    id: Id
    name: str
    language: str
    text: str
    shared: bool
    changed_at: Moment
    changed_by: str


class NewCannedText(Given):
    """It may hold fields as `{{ customer.first_name }}`, and does no more than fill them in."""

    name: Name
    language: Language
    text: Words
    shared: bool = True


class CannedTextChange(Given):
    """Any of these."""

    name: Name | None = None
    language: Language | None = None
    text: Words | None = None
    shared: bool | None = None


class FilledQuery(Given):
    conversation: Id


class FilledText(Told):
    text: str


@operation("GET", "/canned-texts", roles=WRITERS, summary="The canned texts that the caller may use")
async def list_canned_texts(call: Call) -> Items[CannedText]:
    return Items[CannedText].model_validate({"items": await call.read(store.usable, call.by.staff_id)})


@operation("POST", "/canned-texts", roles=WRITERS, summary="Keep a new canned text", creates=True)
async def add_canned_text(call: Call, body: NewCannedText) -> CannedText:
    try_phrase(body.text)
    return await call.create(_add, body, call.by)


def _add(conn: Connection, body: NewCannedText, by: Actor) -> CannedText:
    made = desk.add(conn, body.name, body.language, body.text, by, shared=body.shared)
    return CannedText.model_validate(store.get(conn, made, by.staff_id))


@operation("PATCH", "/canned-texts/{id}", roles=WRITERS, summary="Change a canned text")
async def change_canned_text(call: Call, path: ById, body: CannedTextChange) -> CannedText:
    changed = {name: value for name, value in body.named().items() if value is not None}
    if "text" in changed:
        try_phrase(changed["text"])
    return await call.write(_change, path.id, changed, call.by)


def _change(conn: Connection, number: int, changed: dict[str, Any], by: Actor) -> CannedText:
    desk.change(conn, number, changed, by)
    return CannedText.model_validate(store.get(conn, number, by.staff_id))


@operation("DELETE", "/canned-texts/{id}", roles=WRITERS, summary="Remove a canned text")
async def remove_canned_text(call: Call, path: ById) -> Done:
    await call.write(desk.remove, path.id, call.by)
    return Done()


@operation("GET", "/canned-texts/{id}/filled", roles=WRITERS, summary="A canned text as it would stand in an answer")
async def get_filled_text(call: Call, path: ById, query: FilledQuery) -> FilledText:
    def ask(conn: Connection) -> FilledText:
        text = store.get(conn, path.id, call.by.staff_id)
        line = inbox.conversation(conn, query.conversation)
        to, talk = recipient_of(conn, line.id), Talk(line.id, line.channel, line.subject)
        staff = composing.staff_row(conn, call.by.staff_id)
        return FilledText(text=composing.filled(call.services, conn, text.text, to, talk=talk, staff=staff))

    return await call.read(ask)
