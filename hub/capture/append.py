"""Append: contacts become interactions with their files, evidence and events, in a handful of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from channels.base import Captured
from hub.capture.incoming import Incoming, StoredFile
from hub.capture.opt_out import heed
from hub.capture.people import Person, resolve
from hub.capture.threads import Thread, thread
from hub.model.contact import Direction, InboundContact, Kind, Medium, Party
from hub.store import blobs, consents, interactions, jobs
from hub.store.customers import find_identities
from hub.store.tables import MessageRow, TaskRow
from hub.store.upsert import insert_new

# An NPS answer of 0 to 6 is a detractor (Reichheld, "The One Number You Need to Grow", 2003).
_DETRACTOR = 6


@dataclass(frozen=True, slots=True)
class Arrived:
    """One contact of one payload, with the files that were stored for it, and the id it is meant to get (0: any)."""

    incoming: Incoming
    contact: InboundContact
    files: tuple[StoredFile | None, ...]
    html: StoredFile | None
    interaction: int = 0


def append_contacts(conn: Connection, arrived: Sequence[Arrived], now: datetime, key: bytes) -> list[Captured]:
    """Appends contacts in order; one already here (same content, or our own mail coming back) is an arrival only."""
    here = interactions.find_by_content(conn, (item.contact.content_key for item in arrived))
    ours = _our_own(conn, arrived)
    fresh: list[Arrived] = []
    first: dict[str, int] = {}
    for item in arrived:
        content = item.contact.content_key
        if _known(item, here, ours) is None and content not in first:
            if content:
                first[content] = len(fresh)
            fresh.append(item)
    people = resolve(conn, [item.contact for item in fresh], now)
    threads = thread(conn, [item.contact for item in fresh], people)
    rows = [_row(item, person, where) for item, person, where in zip(fresh, people, threads, strict=True)]
    ids = interactions.append(conn, rows)
    _attach(conn, fresh, ids, now)
    _evidence(conn, fresh, people, ids, key)
    opts = heed(conn, [item.contact for item in fresh], people, threads, ids, now, key)
    _tell(conn, fresh, people, ids, now)
    captured = {
        id(item): Captured(
            key=item.incoming.key,
            interaction=interaction,
            customer=person.held.customer_id,
            conversation=where.conversation.id if where.conversation else None,
            opt=opt[0],
            language=opt[1],
        )
        for item, person, where, interaction, opt in zip(fresh, people, threads, ids, opts, strict=True)
    }
    results = []
    for item in arrived:
        if id(item) in captured:
            results.append(captured[id(item)])
            continue
        known = _known(item, here, ours)
        interaction = known if known is not None else ids[first[item.contact.content_key]]
        results.append(Captured(key=item.incoming.key, interaction=interaction, duplicate=True))
    return results


def _known(item: Arrived, here: dict[str, int], ours: dict[str, int]) -> int | None:
    return here.get(item.contact.content_key) or ours.get(item.contact.external_id)


def _our_own(conn: Connection, arrived: Sequence[Arrived]) -> dict[str, int]:
    """Returns our interactions whose Message-ID came back: an arrival, whatever its body (a list may add a footer)."""
    ids = sorted({item.contact.external_id for item in arrived if item.contact.medium is Medium.EMAIL})
    if not ids:
        return {}
    rows = conn.execute(
        select(MessageRow.rfc_message_id, MessageRow.interaction_id).where(
            MessageRow.rfc_message_id.in_(ids), MessageRow.interaction_id.is_not(None)
        )
    )
    return {row.rfc_message_id: row.interaction_id for row in rows if row.rfc_message_id}


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
        "detail": _detail(item) or None,
        "customer_why": person.why,
        "conversation_why": where.why,
    }


def _detail(item: Arrived) -> dict[str, Any]:
    """Returns what the pages show beside the text; empty values are left out, most texts need none of it."""
    contact = item.contact
    mail = contact.medium is Medium.EMAIL
    detail = {
        "quoted": contact.quoted_text,
        "signature": contact.signature,
        "html": item.html.sha256 if item.html else "",
        "answers": [[answer.question, answer.value, answer.kind] for answer in contact.answers],
        "from": _named(contact.sender) if mail else None,
        "to": [_named(party) for party in contact.recipients] if mail else [],
        "cc": [_named(party) for party in contact.participants],
        "in_reply_to": contact.in_reply_to,
        "references": list(contact.references),
        "source": contact.source,
        "language": contact.language,
        "defects": list(contact.defects),
        **contact.extra,
    }
    return {name: value for name, value in detail.items() if value}


def _named(party: Party) -> dict[str, str]:
    return {"name": party.display_name, "identity": str(party.identity)}


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
                    "filename": attachment.filename,
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
        if person.held.new and person.why.startswith("first contact"):
            events.append({**event, "kind": "customer.created", "data": data})
        events.append({**event, "kind": "interaction.captured", "data": data})
        score = contact.extra.get("nps", "")
        if score.isdecimal() and int(score) <= _DETRACTOR:
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


def is_from_person(contact: InboundContact) -> bool:
    """Says whether a person wrote this to us, not a machine and not we ourselves."""
    return contact.kind is Kind.MESSAGE and contact.direction is Direction.IN
