"""Rewriting: what was typed becomes an answer to all, a forward, signed as another channel, longer by a phrase."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from sqlalchemy import Connection

from hub.desk import senders
from hub.desk.addressing import write_parties
from hub.desk.drafts import DraftKind, Then, signed, unsigned
from hub.desk.recipients import Recipient
from hub.desk.subjects import answer_subject, forward_subject
from hub.store import canned as phrases
from hub.web import composing
from hub.web.auth import STAFF
from hub.web.composing import Talk, Typed
from hub.web.services import SERVICES


def turned(request: web.Request, typed: Typed, kind: DraftKind, to: Recipient | None) -> Typed:
    """Returns what was typed as another kind of draft: other people and another subject, the same words."""
    if to is None or to.identity.scheme != "mailto":
        return replace(typed, kind=kind)
    others = to.everybody_else(senders.own_addresses(request.app[SERVICES].settings.channels))
    forward = kind is DraftKind.FORWARD
    subject = typed.subject or to.subject
    return replace(
        typed,
        kind=kind,
        to="" if forward else write_parties(to.to or (to.party,)),
        cc=write_parties(others) if kind is DraftKind.REPLY_ALL else "",
        subject=forward_subject(subject) if forward else answer_subject(subject.removeprefix("Fwd: ")),
        originals=None,
        then=Then.OPEN if forward else Then.WAIT,
    )


def with_sender(request: web.Request, conn: Connection, typed: Typed, to: Recipient | None, talk: Talk) -> Typed:
    """Returns what was typed, signed as mails of its channel are; a signature of somebody's own making stays."""
    services, staff_id = request.app[SERVICES], request[STAFF].id
    able = composing.able_senders(services, to.identity.scheme if to else "mailto", talk.channel)
    said, below = unsigned(typed.text)
    known = composing.signatures_of(services, conn, staff_id, able, to, talk)
    if below.strip() and below.strip() not in known:
        return typed
    signature = composing.signature_of(services, conn, staff_id, typed.channel, to, talk)
    return replace(typed, text=signed(said, signature) if signature.strip() else said)


def with_phrase(
    request: web.Request, conn: Connection, typed: Typed, number: int, to: Recipient | None, talk: Talk
) -> Typed:
    """Returns what was typed with a canned text at its end, above the signature. Raises NotFound and Refused."""
    staff_id = request[STAFF].id
    text = phrases.get(conn, number, staff_id)
    row = composing.staff_row(conn, staff_id)
    words = composing.filled(request.app[SERVICES], conn, text.text, to, talk=talk, staff=row, channel=typed.channel)
    said, signature = unsigned(typed.text)
    said = f"{said.rstrip()}\n\n{words}".strip("\n") if said.strip() else words
    return replace(typed, text=signed(said, signature) if signature.strip() else said)
