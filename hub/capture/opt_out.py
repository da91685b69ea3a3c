"""Opt-out: what a person asked for in their own words is done in the transaction that stores them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.capture.people import Person
from hub.capture.threads import Thread
from hub.model.contact import Direction, InboundContact, Kind, Medium
from hub.model.opt_words import Opt, OptKind, recognise
from hub.store import consents
from hub.store.outbox import cancel_waiting
from hub.store.tables import TaskRow
from hub.store.upsert import insert_new

_READ = frozenset({Medium.SMS, Medium.WHATSAPP, Medium.EMAIL, Medium.FORM})
_NUMBERS = frozenset({Medium.SMS, Medium.WHATSAPP})
PROMOTIONAL = "promotional"
# Why a mail may not be answered that many got, or nobody wrote. Customers' mail comes by lists, too: our own group.
_SENT_TO_MANY = frozenset({"list", "bulk", "no_reply", "automatic"})
_LONGEST_WISH = 600
# What mail programs put before a subject that they answer or forward, in the languages of the hub's customers.
_ANSWERING = re.compile(
    r"\s*(?:re|aw|sv|vs|odp|ref|fwd?|wg|tr|rv|enc|res|r|i|antw|на|отв|пер)(?:\[\d+\])?\s?:", re.IGNORECASE
)


def heed(
    conn: Connection,
    contacts: Sequence[InboundContact],
    people: Sequence[Person],
    threads: Sequence[Thread],
    interactions: Sequence[int],
    now: datetime,
    key: bytes,
) -> list[tuple[str, str]]:
    """Returns what each contact asked for and in which language, after doing it: (stop|start|help|unsure or "", "").

    STOP in a text silences that sender for the number; in a mail or form it ends promotions to the address. START
    restores only what STOP took away. Unsure: promotions pause and staff is asked. Nothing else ever re-subscribes.
    """
    asked: list[tuple[str, str]] = []
    for contact, person, where, interaction in zip(contacts, people, threads, interactions, strict=True):
        opt = asked_for(contact)
        asked.append((opt.kind.value if opt.kind else "", opt.language))
        address = str(person.party.identity)
        text = _wording(contact)
        channel = contact.channel if contact.medium in _NUMBERS else ""
        purpose = "" if contact.medium in _NUMBERS else PROMOTIONAL
        match opt.kind:
            case OptKind.STOP:
                consents.suppress(conn, address, "stop", now, purpose=purpose, channel=channel, detail=text[:200])
                consents.record(conn, [_evidence(contact, person, interaction, granted=False)], key)
                cancel_waiting(conn, person.held.identity_id, now, "stop", purposes=(purpose,) if purpose else ())
            case OptKind.START if contact.medium in _NUMBERS:
                lifted = consents.lift(conn, address, ("stop", "unsure"), now, "the customer", channel=channel)
                if lifted:
                    consents.record(conn, [_evidence(contact, person, interaction, granted=True)], key)
            case OptKind.UNSURE:
                consents.suppress(conn, address, "unsure", now, purpose=PROMOTIONAL, channel=channel, detail=text[:200])
                _ask_staff(conn, person, where, interaction, now)
            case _:
                pass
    return asked


def asked_for(contact: InboundContact) -> Opt:
    """Returns what a person's own words ask for; machines' mail and ours ask for nothing.

    A mail whose body asks for nothing may ask by its subject; not where the subject is the one that it answers.
    """
    if not (contact.kind is Kind.MESSAGE and contact.direction is Direction.IN and contact.medium in _READ):
        return Opt()
    words = _own_words(contact)
    if len(words) > _LONGEST_WISH and contact.extra.get("unanswerable") in _SENT_TO_MANY:
        return Opt()  # a newsletter's own footer speaks to us
    asked = recognise(words, medium=contact.medium)
    if asked or contact.medium is not Medium.EMAIL or not _own_subject(contact):
        return asked
    return recognise(f"{contact.subject}\n{words}", medium=contact.medium)


def _own_words(contact: InboundContact) -> str:
    """Returns what a person newly wrote: of a mail no line that it quotes, as ours end with words of opting out."""
    if contact.medium is not Medium.EMAIL:
        return contact.visible_text or contact.text
    return "\n".join(line for line in contact.visible_text.split("\n") if not line.lstrip().startswith(">"))


def _own_subject(contact: InboundContact) -> bool:
    return bool(contact.subject) and not contact.in_reply_to and not _ANSWERING.match(contact.subject)


def _wording(contact: InboundContact) -> str:
    words = _own_words(contact)
    return words if words.strip() or contact.medium is not Medium.EMAIL else contact.subject


def _evidence(contact: InboundContact, person: Person, interaction: int, *, granted: bool) -> dict[str, Any]:
    return {
        "identity_id": person.held.identity_id,
        "purpose": PROMOTIONAL,
        "granted": granted,
        "wording": _wording(contact)[:500],
        "source": f"{contact.medium.value} to {contact.channel}",
        "at": contact.occurred_at,
        "interaction_id": interaction,
    }


def _ask_staff(conn: Connection, person: Person, where: Thread, interaction: int, now: datetime) -> None:
    row = {
        "key": f"opt:{interaction}",
        "kind": "opt_unsure",
        "title": f"Does {person.party.identity.value} want no more promotions?",
        "customer_id": person.held.customer_id,
        "conversation_id": where.conversation.id if where.conversation else None,
        "interaction_id": interaction,
        "created_at": now,
    }
    insert_new(conn, TaskRow, [row])
