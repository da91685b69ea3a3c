"""One conversation: its entries oldest to newest, the composer, who looks after it, whether it is settled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import conversations as desk
from hub.desk import drafting, notes
from hub.desk.drafts import DraftKind
from hub.desk.opt_decision import Question, asked_in
from hub.desk.recipients import inbound_count, recipient_of
from hub.insight.entries import Entry
from hub.insight.history import conversation_entries
from hub.insight.inbox import ConversationLine, conversation
from hub.insight.messages import Planned, queued_in
from hub.insight.paging import Page, read_id
from hub.model.contact import Medium
from hub.model.errors import Refused
from hub.outreach.reasons import in_words
from hub.store import drafts
from hub.store.audit import Actor
from hub.store.drafts import KeptDraft
from hub.store.staff import StaffMember
from hub.web import audit
from hub.web.auth import STAFF, allow
from hub.web.composing import Talk
from hub.web.i18n import _
from hub.web.pages.fields import (
    READERS,
    WORKERS,
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
from hub.web.pages.writing import Asked, Composer, composer_for, told
from hub.web.rendering import redirect, render


@dataclass(frozen=True, slots=True)
class _Seen:
    talk: ConversationLine
    page: Page[Entry]
    queued: list[Planned]
    members: list[StaffMember]
    composer: Composer | None
    no_answer: str
    came_in: int = 0
    questions: Sequence[Question] = ()

    @property
    def texts(self) -> bool:
        """Whether it is a talk by text, which is shown as a phone shows it."""
        return self.talk.medium in (Medium.SMS, Medium.WHATSAPP)

    @property
    def mark(self) -> str:
        """Names what is shown: another one once something came, left, arrived, or was fetched."""
        entries = [
            (entry.id, entry.sent and (entry.sent.state, entry.sent.delivery), [file.state for file in entry.files])
            for entry in self.page.items
        ]
        shown = repr((entries, [(each.id, each.state, each.reason) for each in self.queued]))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _glance(conn: Connection, conversation_id: int) -> _Seen:
    """Looks at the entries alone, as a page that stands open asks again and again."""
    talk = conversation(conn, conversation_id)
    page = conversation_entries(conn, conversation_id, before=None)
    identities = {talk.identity_id, *(entry.who.identity_id for entry in page.items)}
    queued = queued_in(conn, conversation_id, sorted(identities))
    return _Seen(talk, page, queued, [], None, "", inbound_count(conn, conversation_id))


def _look(request: web.Request, conn: Connection, conversation_id: int, before: int | None, asked: Asked) -> _Seen:
    talk = conversation(conn, conversation_id)
    page = conversation_entries(conn, conversation_id, before=before)
    composer, no_answer = None, ""
    if request[STAFF].role in WORKERS and not talk.hidden:
        try:
            composer = _composer(request, conn, talk, asked)
        except Refused as refused:
            no_answer = told(refused)
    identities = {talk.identity_id, *(entry.who.identity_id for entry in page.items)}
    queued = queued_in(conn, conversation_id, sorted(identities))
    came_in = inbound_count(conn, conversation_id)
    questions = asked_in(conn, conversation_id)
    return _Seen(talk, page, queued, assignable(conn), composer, no_answer, came_in, questions)


def _composer(request: web.Request, conn: Connection, talk: ConversationLine, asked: Asked) -> Composer:
    by = audit.by(request)
    kept = _kept(conn, talk.id, asked, by)
    about = asked.about or (asked.typed.about if asked.typed else None) or (kept.about_id if kept else None)
    return composer_for(
        request,
        conn,
        recipient_of(conn, talk.id, about),
        asked,
        address=f"/conversations/{talk.id}/reply",
        talk=Talk(talk.id, talk.channel, talk.subject),
        kept=kept,
    )


def _kept(conn: Connection, conversation_id: int, asked: Asked, by: Actor) -> KeptDraft | None:
    """Returns the draft that goes on: the one asked for, else the reader's own of that kind in this conversation."""
    if asked.draft:
        kept = drafting.own(conn, asked.draft, by)
        return kept if kept and kept.conversation_id == conversation_id else None
    if asked.typed is not None or asked.about is not None:
        return None
    forward = asked.kind is DraftKind.FORWARD
    return drafts.of_conversation(conn, conversation_id, by.staff_id, forward=forward)


@allow(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Shows a conversation; one that was joined with another leads there."""
    return await page(request, path_id(request))


async def page(
    request: web.Request,
    conversation_id: int,
    *,
    asked: Asked | None = None,
    status: int = 200,
    sent: int | None = None,
) -> web.StreamResponse:
    """Returns the page of a conversation, or its talk for htmx; `asked`: what stands in the composer.

    `sent`: a message that has just been queued, and can be taken back.
    """
    before = read_id(request.query.get("before", ""))
    wanted = asked or (Asked() if sent else Asked.of(request))
    seen = await read(request, lambda conn, number: _look(request, conn, number, before, wanted), conversation_id)
    if seen.talk.merged_into is not None:
        return redirect(request, f"/conversations/{seen.talk.merged_into}")
    block = "talk" if is_part(request) else None
    return render(request, "conversation.html", status=status, block=block, sent=sent, **_context(request, seen))


def _context(request: web.Request, seen: _Seen) -> dict[str, Any]:
    return {
        "talk": seen.talk,
        "page": seen.page,
        "queued": seen.queued if not request.query.get("before") else [],
        "texts": seen.texts,
        "mark": seen.mark,
        "live": not request.query.get("before"),
        "came_in": seen.came_in,
        "questions": seen.questions,
        "members": seen.members,
        "composer": seen.composer,
        "no_answer": seen.no_answer,
        "go": request.cookies.get("hub_go", "stay"),
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
    """Shows only the entries and what waits to be sent; asked again by htmx while something waits, or for texts.

    `known`: what the page shows already; nothing is answered while that is all there is.
    """
    seen = await read(request, _glance, path_id(request))
    if request.query.get("known") == seen.mark:
        return web.Response(status=204)
    return render(request, "conversation.html", block="stream", **_context(request, seen))


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
