"""Append: contacts become interactions with their files, evidence and events, in a handful of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from channels.base import Captured
from hub.capture.answering import heed_answers
from hub.capture.arrived import Arrived, sort_out
from hub.capture.detail import detail_of
from hub.capture.form_mails import read_form_mails
from hub.capture.opt_out import heed
from hub.capture.people import Person, resolve
from hub.capture.refiling import prove_ours
from hub.capture.threads import Thread, refs_of, thread
from hub.capture.under_way import as_under_way
from hub.model.clean import name_of_type
from hub.model.contact import Direction, InboundContact, Kind
from hub.store import blobs, consents, interactions, invitations, jobs
from hub.store.conversations import Conversation
from hub.store.customers import find_identities
from hub.store.first_answers import talks_of
from hub.store.tables import TaskRow
from hub.store.upsert import insert_new

# An NPS answer of 0 to 6 is a detractor (Reichheld, "The One Number You Need to Grow", 2003).
_DETRACTOR = 6


@dataclass(frozen=True, slots=True)
class CaptureKeys:
    """What capture proves things with: the chain of consents, and Message-IDs of our own."""

    consent: bytes = field(repr=False)
    mail: bytes = field(default=b"", repr=False)


def append_contacts(conn: Connection, arrived: Sequence[Arrived], now: datetime, keys: CaptureKeys) -> list[Captured]:
    """Appends contacts in order; one already here (same content, or our own mail coming back) is an arrival only."""
    read = as_under_way(conn, read_form_mails(conn, [item.contact for item in arrived]))
    arrived = [
        item if contact is item.contact else replace(item, contact=contact)
        for item, contact in zip(arrived, read, strict=True)
    ]
    by_ref = talks_of(conn, (ref for contact in read for ref in refs_of(contact)))
    fresh, known, repeats = sort_out(conn, arrived, by_ref)
    contacts = [item.contact for item in fresh]
    people = resolve(conn, contacts, now, _among_ourselves(contacts, by_ref))
    threads = thread(conn, contacts, people, now, by_ref, keys.mail)
    rows = [_row(item, person, where) for item, person, where in zip(fresh, people, threads, strict=True)]
    ids = interactions.append(conn, rows)
    _attach(conn, fresh, ids, now)
    invitations.keep(conn, [(at, item.invitations) for at, item in zip(ids, contacts, strict=True) if item.invitations])
    _evidence(conn, fresh, people, ids, keys.consent)
    opts = heed(conn, contacts, people, threads, ids, now, keys.consent)
    opts = heed_answers(conn, contacts, people, threads, ids, opts, now)
    _tell(conn, fresh, people, ids, now)
    prove_ours(conn, [(known[at], item.contact) for at, item in enumerate(arrived) if at in known], now)
    captured = iter(
        Captured(
            key=item.incoming.key,
            interaction=interaction,
            customer=person.held.customer_id,
            conversation=where.conversation.id if where.conversation else None,
            opt=opt[0],
            language=opt[1],
        )
        for item, person, where, interaction, opt in zip(fresh, people, threads, ids, opts, strict=True)
    )
    return [
        Captured(
            key=item.incoming.key,
            interaction=known[at] if at in known else ids[repeats[at]],
            duplicate=True,
        )
        if at in known or at in repeats
        else next(captured)
        for at, item in enumerate(arrived)
    ]


def _among_ourselves(contacts: Sequence[InboundContact], by_ref: Mapping[str, Conversation]) -> dict[int, Conversation]:
    """Returns the conversation that each mail among ourselves is about, where it refers to one."""
    found = {}
    for at, contact in enumerate(contacts):
        if contact.extra.get("internal"):
            talk = next((by_ref[ref] for ref in refs_of(contact) if ref in by_ref), None)
            if talk is not None:
                found[at] = talk
    return found


def _row(item: Arrived, person: Person, where: Thread) -> dict[str, Any]:
    contact = item.contact
    return {
        "id": item.interaction,
        "occurred_at": contact.occurred_at,
        "received_at": contact.received_at,
        "identity_id": person.held.identity_id,
        "conversation_id": where.conversation.id if where.conversation else None,
        "channel": contact.channel,
        "medium": contact.medium.value,
        "direction": contact.direction.value,
        "kind": contact.kind.value,
        "trust": contact.trust.value,
        "external_id": contact.external_id,
        "content_key": contact.content_key or None,
        "subject": contact.subject,
        "text": contact.visible_text or contact.text,
        "detail": detail_of(contact, item.html.sha256 if item.html else "") or None,
        "customer_why": person.why,
        "conversation_why": where.why,
    }


def _attach(conn: Connection, fresh: Sequence[Arrived], ids: Sequence[int], now: datetime) -> None:
    rows, stored, waiting = [], [], []
    for item, interaction in zip(fresh, ids, strict=True):
        if item.html:
            stored.append((item.html.sha256, item.html.size))
        for position, (attachment, file) in enumerate(zip(item.contact.attachments, item.files, strict=True)):
            rows.append(
                {
                    "interaction_id": interaction,
                    "position": position,
                    "filename": attachment.filename or name_of_type(attachment.content_type),
                    "content_type": attachment.content_type,
                    "size": file.size if file else None,
                    "sha256": file.sha256 if file else None,
                    "content_id": attachment.content_id,
                    "inline": attachment.inline,
                    "url": attachment.url,
                    "state": "stored" if file else "waiting",
                }
            )
            if file:
                stored.append((file.sha256, file.size))
            else:
                waiting.append((interaction, position, item.contact.channel, attachment.url))
    interactions.attach(conn, rows)
    blobs.refer(conn, stored, now)
    fetch_later(conn, waiting, now)


def fetch_later(conn: Connection, waiting: Sequence[tuple[int, int, str, str]], now: datetime) -> None:
    """Asks for media to be fetched: (interaction, position, channel, url)."""
    payloads = [
        (
            f"{interaction}/{position}",
            {"interaction": str(interaction), "position": position, "channel": channel, "url": url},
        )
        for interaction, position, channel, url in waiting
    ]
    jobs.enqueue(conn, "fetch_media", payloads, now)


def _evidence(
    conn: Connection, fresh: Sequence[Arrived], people: Sequence[Person], ids: Sequence[int], key: bytes
) -> None:
    """Records what people agreed to, for the address of theirs that the consent is about."""
    asked = [(item, person, row) for item, person, row in zip(fresh, people, ids, strict=True) if item.contact.consents]
    if not asked:
        return
    claims = find_identities(
        conn, (party.identity for item, _, _ in asked for party in (*item.contact.claims, item.contact.sender))
    )
    rows = []
    for item, person, interaction in asked:
        own = [person.party, *item.contact.claims]
        for consent in item.contact.consents:
            for party in own:
                holder = claims.get(party.identity)
                if party.identity.scheme != consent.scheme or holder is None:
                    continue
                if holder.customer_id != person.held.customer_id:
                    continue
                rows.append(
                    {
                        "identity_id": holder.identity_id,
                        "purpose": consent.purpose,
                        "granted": consent.granted,
                        "wording": consent.wording,
                        "version": consent.version,
                        "language": consent.language,
                        "source": consent.source,
                        "ip": consent.ip,
                        "user_agent": consent.user_agent,
                        "at": item.contact.occurred_at,
                        "interaction_id": interaction,
                    }
                )
    consents.record(conn, rows, key)


def _tell(
    conn: Connection, fresh: Sequence[Arrived], people: Sequence[Person], ids: Sequence[int], now: datetime
) -> None:
    """Emits domain events, and opens a task for an unhappy answer."""
    events, tasks = [], []
    for item, person, interaction in zip(fresh, people, ids, strict=True):
        contact = item.contact
        event = {"customer_id": person.held.customer_id, "interaction_id": interaction, "at": now}
        data = {"channel": contact.channel, "medium": contact.medium.value}
        if person.is_first:
            events.append({**event, "kind": "customer.created", "data": data})
        events.append({**event, "kind": "interaction.captured", "data": data})
        score = contact.extra.get("nps", "")
        if is_unhappy(score):
            tasks.append(
                {
                    "key": f"detractor:{interaction}",
                    "kind": "detractor",
                    "title": f"Unhappy answer: NPS {score}",
                    "customer_id": person.held.customer_id,
                    "interaction_id": interaction,
                    "created_at": now,
                }
            )
    jobs.emit(conn, events)
    insert_new(conn, TaskRow, tasks)


def is_unhappy(score: str) -> bool:
    """Says whether an NPS answer is a detractor's."""
    return score.isdecimal() and int(score) <= _DETRACTOR


def is_from_person(contact: InboundContact) -> bool:
    """Says whether a person wrote this to us, not a machine and not we ourselves."""
    return contact.kind is Kind.MESSAGE and contact.direction is Direction.IN
