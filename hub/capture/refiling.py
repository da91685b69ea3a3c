"""Refiling: an interaction whose author is known better now. Its words stay as they are; whose it is, is mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from hub.capture.people import Person, resolve
from hub.capture.threads import refs_of
from hub.model.contact import Direction, InboundContact, Medium
from hub.store import conversations, interactions
from hub.store.first_answers import talks_of
from hub.store.removal import unindex
from hub.store.search import index_interactions
from hub.store.tables import ConversationRow, InteractionRow

_FORM = ("mail_form", "mail_form_version", "author", "from")


def prove_ours(conn: Connection, repeated: Sequence[tuple[int, InboundContact]], now: datetime) -> None:
    """Refiles mails of staff that were taken for a stranger's, when a copy arrives that proves who wrote them.

    Staff writes to a customer with one of our mailboxes in Cc: nothing vouches for that copy. The one in Sent does.
    """
    proven = {
        interaction: contact
        for interaction, contact in repeated
        if contact.direction is Direction.OUT and contact.medium is Medium.EMAIL
    }
    rows = interactions.by_ids(conn, sorted(proven)) if proven else []
    wrong = [row for row in rows if row["direction"] == "in" and (row["detail"] or {}).get("claims_staff")]
    refile(conn, [(row, proven[row["id"]]) for row in wrong], now)


def refile(conn: Connection, found: Sequence[tuple[Mapping[str, Any], InboundContact]], now: datetime) -> None:
    """Gives interactions (as hub.store.interactions reads them) to whom a better reading of them names."""
    people = resolve(conn, [contact for _, contact in found], now) if found else []
    for (row, contact), person in zip(found, people, strict=True):
        _move(conn, row, contact, person)


def _move(conn: Connection, row: Mapping[str, Any], contact: InboundContact, person: Person) -> None:
    detail = {
        name: value for name, value in (row["detail"] or {}).items() if name not in ("claims_staff", "mail_form_unread")
    }
    if contact.answers:
        detail["answers"] = [[answer.question, answer.value, answer.kind] for answer in contact.answers]
    detail |= {name: contact.extra[name] for name in (*_FORM, "trust_why", "author_name") if contact.extra.get(name)}
    detail |= {"source": contact.source} if contact.source else {}
    talk, why = _conversation(conn, row, contact, person)
    conn.execute(
        update(InteractionRow)
        .where(InteractionRow.id == row["id"])
        .values(
            identity_id=person.held.identity_id,
            conversation_id=talk,
            medium=contact.medium.value,
            direction=contact.direction.value,
            trust=contact.trust.value,
            detail=detail,
            customer_why=f"{person.why}, found later",
            conversation_why=why,
        )
    )
    unindex(conn, [(row["id"], row["identity_id"], row["subject"], row["text"])])
    index_interactions(conn, [(row["id"], person.held.identity_id, row["subject"], row["text"])])


def _conversation(
    conn: Connection, row: Mapping[str, Any], contact: InboundContact, person: Person
) -> tuple[int | None, str]:
    """Returns where the interaction belongs now: a mail of ours in the conversation that it answers.

    Else it stays, and the conversation becomes that of the right customer.
    """
    own = row["conversation_id"]
    named = talks_of(conn, (ref for ref in refs_of(contact) if ref != contact.external_id))
    others = [talk for talk in named.values() if talk.id != own]
    if contact.direction is Direction.OUT and others:
        if own is not None and len(interactions.of_conversation(conn, own, limit=2)) == 1:
            conversations.join(conn, others[0].id, [own], contact.received_at)
        return others[0].id, f"refers to {next(ref for ref, talk in named.items() if talk is others[0])}"
    address = str(person.party.identity)
    if own is not None:
        ours = {"state": "waiting", "unread": False} if contact.direction is Direction.OUT else {}
        conn.execute(
            update(ConversationRow)
            .where(ConversationRow.id == own, ConversationRow.identity_id == row["identity_id"])
            .values(identity_id=person.held.identity_id, **ours)
        )
        conversations.add_participants(conn, [(own, address)])
    return own, str(row["conversation_why"])
