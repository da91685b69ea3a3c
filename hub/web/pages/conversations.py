"""One conversation: its entries oldest to newest, the composer, who looks after it, whether it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import conversations as desk
from hub.desk import notes, replies
from hub.desk.replies import Recipient
from hub.insight.entries import Entry
from hub.insight.history import conversation_entries
from hub.insight.inbox import ConversationLine, conversation
from hub.insight.messages import Planned, queued_in
from hub.insight.paging import Page, read_id
from hub.model.errors import Refused
from hub.outreach.reasons import in_words
from hub.store.staff import StaffMember
from hub.web import audit
from hub.web.auth import allow
from hub.web.i18n import _
from hub.web.pages.fields import (
    READERS,
    WORKERS,
    Form,
    form_of,
    id_of,
    is_part,
    new_draft,
    path_id,
    read,
    text_of,
    write,
)
from hub.web.pages.inbox import assignable
from hub.web.pages.writing import composer_for, silences, told
from hub.web.rendering import redirect, render


@dataclass(frozen=True, slots=True)
class _Seen:
    talk: ConversationLine
    page: Page[Entry]
    queued: list[Planned]
    members: list[StaffMember]
    to: Recipient | None
    reasons: list[str]
    no_answer: str


def _look(conn: Connection, asked: tuple[int, int | None]) -> _Seen:
    conversation_id, before = asked
    talk = conversation(conn, conversation_id)
    page = conversation_entries(conn, conversation_id, before=before)
    to, reasons, no_answer = None, [], ""
    try:
        to = replies.recipient_of(conn, conversation_id)
        reasons = silences(conn, to.identity)
    except Refused as refused:
        no_answer = told(refused)
    identities = {talk.identity_id, *(entry.who.identity_id for entry in page.items)}
    queued = queued_in(conn, conversation_id, sorted(identities))
    return _Seen(talk, page, queued, assignable(conn), to, reasons, no_answer)


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a conversation; one that was joined with another leads there."""
    return await page(request, path_id(request))


async def page(
    request: web.Request,
    conversation_id: int,
    *,
    typed: Form | None = None,
    problem: str = "",
    status: int = 200,
) -> web.StreamResponse:
    """Returns the page of a conversation, or its talk for htmx; `typed`: what stands in the composer."""
    before = read_id(request.query.get("before", ""))
    seen = await read(request, _look, (conversation_id, before))
    if seen.talk.merged_into is not None:
        return redirect(request, f"/conversations/{seen.talk.merged_into}")
    block = "talk" if is_part(request) else None
    return render(request, "conversation.html", status=status, block=block, **_context(request, seen, typed, problem))


def _context(request: web.Request, seen: _Seen, typed: Form | None, problem: str) -> dict[str, Any]:
    composer, no_answer = None, seen.no_answer
    if seen.to is not None:
        try:
            composer = composer_for(
                request, seen.to, seen.reasons, answering=seen.talk.channel, typed=typed, problem=problem
            )
        except Refused as refused:
            no_answer = told(refused)
    return {
        "talk": seen.talk,
        "page": seen.page,
        "queued": seen.queued if not request.query.get("before") else [],
        "members": seen.members,
        "composer": composer,
        "no_answer": no_answer,
        "note_draft": new_draft(),
        "in_words": in_words,
    }


async def after(request: web.Request, conversation_id: int) -> web.StreamResponse:
    """Returns what is shown after an act: the talk for htmx, else the page anew."""
    if is_part(request):
        return await page(request, conversation_id)
    return redirect(request, f"/conversations/{conversation_id}")


@allow(*READERS)
async def stream(request: web.Request) -> web.StreamResponse:
    """Shows only the entries and what waits to be sent; asked again by htmx while something waits."""
    seen = await read(request, _look, (path_id(request), None))
    return render(request, "conversation.html", block="stream", **_context(request, seen, None, ""))


@allow(*WORKERS)
async def assign(request: web.Request) -> web.StreamResponse:
    """Gives the conversation to somebody, or to nobody."""
    conversation_id, by = path_id(request), audit.by(request)
    staff_id = id_of(await form_of(request), "assignee")
    await write(request, lambda conn, number: desk.assign(conn, number, staff_id, by), conversation_id)
    return redirect(request, f"/conversations/{conversation_id}")


@allow(*WORKERS)
async def close(request: web.Request) -> web.StreamResponse:
    """Settles the conversation, and leads back to the inbox."""
    by = audit.by(request)
    await write(request, lambda conn, number: desk.close(conn, number, by), path_id(request))
    return redirect(request, "/inbox", say=_("The conversation is closed."))


@allow(*WORKERS)
async def reopen(request: web.Request) -> web.StreamResponse:
    """Opens the conversation again."""
    conversation_id, by = path_id(request), audit.by(request)
    await write(request, lambda conn, number: desk.reopen(conn, number, by), conversation_id)
    return redirect(request, f"/conversations/{conversation_id}")


@allow(*WORKERS)
async def mark_read(request: web.Request) -> web.StreamResponse:
    """Notes that somebody who works with it has read the conversation; the page asks for it when it is shown."""
    conversation_id = path_id(request)
    await write(request, desk.mark_read, conversation_id)
    if is_part(request):
        return web.Response(text="", content_type="text/html")
    return redirect(request, f"/conversations/{conversation_id}")


@allow(*WORKERS)
async def note(request: web.Request) -> web.StreamResponse:
    """Adds a note to the conversation."""
    conversation_id, by, form = path_id(request), audit.by(request), await form_of(request)

    def add(conn: Connection, number: int) -> int:
        return notes.note_conversation(conn, number, text_of(form, "text"), by, draft_id=text_of(form, "draft"))

    added = await write(request, add, conversation_id)
    return redirect(request, f"/conversations/{conversation_id}#i{added}")


def routes() -> list[web.RouteDef]:
    return [
        web.get(r"/conversations/{id:\d+}", show),
        web.get(r"/conversations/{id:\d+}/stream", stream),
        web.post(r"/conversations/{id:\d+}/assign", assign),
        web.post(r"/conversations/{id:\d+}/close", close),
        web.post(r"/conversations/{id:\d+}/reopen", reopen),
        web.post(r"/conversations/{id:\d+}/read", mark_read),
        web.post(r"/conversations/{id:\d+}/notes", note),
    ]
