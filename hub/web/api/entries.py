"""Interactions as the API tells them: one shape on timelines, in conversations and in search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from hub.insight import entries as insight
from hub.insight.paging import Page
from hub.store.interactions import events_of
from hub.web.api.values import Data, Id, Items, Moment, Told


class Answer(Told):
    """An answered question of a form or survey; `kind`: text, email, phone, choice, date, rating, nps, ..."""

    question: str
    value: str
    kind: str


class Attachment(Told):
    """A file of an interaction; `state`: stored, waiting (yet to be fetched) or gone."""

    id: Id
    filename: str
    content_type: str
    size: int | None
    inline: bool
    state: str


class CallSummary(Told):
    status: str
    seconds: int | None
    voicemail: bool
    missed: bool
    transcript: str
    taken_by: str
    recording: str


class Learnt(Told):
    """What was learnt later of an interaction, as a step of a call."""

    kind: str
    at: Moment
    data: Data


class DeliveryNews(Told):
    status: str
    code: str
    reason: str
    diagnostic: str
    at: Moment


class SentMessage(Told):
    """Where our message stands and how far it got."""

    id: Id
    state: str
    delivery: str
    reason: str
    origin: str
    template: str
    sent_at: Moment | None
    news: list[DeliveryNews]


class Entry(Told):
    """One interaction. `text` is its new text; `quoted` and `signature` are what stood below it in a mail.

    `hidden`: it is health-class, and whose token this is may not see it: nothing of it is told.

    `customer_why` and `conversation_why` say which rule chose them; `trust`: signed, verified or unverified.
    """

    id: Id
    customer_id: Id
    identity: str
    conversation_id: Id | None
    channel: str
    medium: str
    direction: str
    kind: str
    trust: str
    external_id: str
    subject: str
    text: str
    quoted: str
    signature: str
    author: str
    occurred_at: Moment
    received_at: Moment
    customer_why: str
    conversation_why: str
    answers: list[Answer]
    nps: int | None
    attachments: list[Attachment]
    events: list[Learnt]
    call: CallSummary | None
    delivery: str
    message: SentMessage | None
    hidden: bool


def told_entries(conn: Connection, entries: Sequence[insight.Entry]) -> list[Entry]:
    """Returns entries as the API tells them, what was learnt later included."""
    events = events_of(conn, [entry.id for entry in entries if not entry.hidden])
    return [_told(entry, events.get(entry.id, ())) for entry in entries]


def entry_page(conn: Connection, page: Page[insight.Entry]) -> Items[Entry]:
    """Returns a page of entries."""
    return Items[Entry](items=told_entries(conn, page.items), next=page.next or None)


_SAME = (
    "id", "conversation_id", "channel", "medium", "direction", "kind", "trust", "external_id", "subject", "text",
    "quoted", "signature", "author", "occurred_at", "received_at", "customer_why", "conversation_why", "nps", "hidden",
)  # fmt: skip


def _told(entry: insight.Entry, events: Sequence[dict[str, Any]]) -> Entry:
    return Entry(
        **{name: getattr(entry, name) for name in _SAME},
        customer_id=entry.who.customer_id,
        identity=f"{entry.who.scheme}:{entry.who.value}",
        answers=[Answer(question=question, value=value, kind=kind) for question, value, kind in entry.answers],
        attachments=[Attachment.model_validate(file) for file in entry.files],
        events=[Learnt(kind=event["kind"], at=event["at"], data=event["data"]) for event in events],
        call=CallSummary.model_validate(entry.call) if entry.call else None,
        delivery=entry.sent.delivery if entry.sent else "",
        message=SentMessage.model_validate(entry.sent) if entry.sent else None,
    )
