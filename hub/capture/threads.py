"""Thread: which conversation a contact belongs to. Ids decide, for people who take part; a subject never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from hub.capture.people import Person
from hub.model.contact import Direction, InboundContact, Kind, Medium
from hub.store import conversations
from hub.store.conversations import Conversation

_BY_NUMBER = frozenset({Medium.SMS, Medium.WHATSAPP, Medium.CALL})
_PREVIEW = 140


@dataclass(slots=True)
class Thread:
    """The conversation of a contact and which rule chose it; None for what belongs to no matter (a survey row)."""

    conversation: Conversation | None
    why: str


@dataclass(slots=True)
class _Known:
    """What is known while one batch is threaded; later contacts of a batch see what earlier ones made."""

    by_ref: dict[str, Conversation]
    by_key: dict[str, Conversation]
    all: list[Conversation] = field(default_factory=list)
    refs: list[tuple[str, Conversation]] = field(default_factory=list)
    participants: list[tuple[Conversation, str]] = field(default_factory=list)
    joins: list[tuple[Conversation, Conversation]] = field(default_factory=list)


def thread(conn: Connection, contacts: Sequence[InboundContact], people: Sequence[Person]) -> list[Thread]:
    """Returns the thread of each contact, in order; new conversations are stored, touched ones updated."""
    known = _Known(
        by_ref=conversations.find_by_refs(conn, (ref for contact in contacts for ref in _refs(contact))),
        by_key=conversations.find_open(
            conn,
            (
                str(person.party.identity)
                for contact, person in zip(contacts, people, strict=True)
                if contact.medium in _BY_NUMBER
            ),
        ),
    )
    threads = [_choose(known, contact, person) for contact, person in zip(contacts, people, strict=True)]
    _store(conn, known)
    return threads


def _store(conn: Connection, known: _Known) -> None:
    touched = {id(owner): owner for owner in [*known.by_ref.values(), *known.by_key.values(), *known.all]}
    conversations.store(conn, list(touched.values()))
    gone: dict[int, Conversation] = {}
    for kept, other in known.joins:
        if other.id != kept.id:
            conversations.join(conn, kept.id, [other.id])
            gone[other.id] = kept
    for other_id, kept in gone.items():
        for owner in touched.values():
            if owner.id == other_id:
                owner.id = kept.id
    conversations.remember_refs(conn, [(ref, owner.id) for ref, owner in known.refs])
    conversations.add_participants(conn, [(owner.id, address) for owner, address in known.participants])


def _refs(contact: InboundContact) -> list[str]:
    if contact.medium is not Medium.EMAIL:
        return []
    return [ref for ref in dict.fromkeys((contact.external_id, contact.in_reply_to, *contact.references)) if ref]


def _choose(known: _Known, contact: InboundContact, person: Person) -> Thread:
    if contact.medium is Medium.EMAIL:
        return _mail_thread(known, contact, person)
    if contact.medium in _BY_NUMBER:
        key = str(person.party.identity)
        owner = known.by_key.get(key)
        why = f"open conversation with {key}"
        if owner is None:
            owner = known.by_key[key] = _new(known, contact, person, key)
            why = f"no open conversation with {key}"
        _touch(owner, contact)
        return Thread(owner, why)
    if contact.medium is Medium.SURVEY:
        return Thread(None, "a survey answer starts no conversation")
    if contact.medium is Medium.PURCHASE:
        return Thread(None, "a purchase starts no conversation")
    owner = _new(known, contact, person)
    _touch(owner, contact)
    _take_part(known, owner, contact)
    return Thread(owner, "each submission is a matter of its own")


def _mail_thread(known: _Known, contact: InboundContact, person: Person) -> Thread:
    refs = _refs(contact)
    named = [(ref, known.by_ref[ref]) for ref in refs if ref in known.by_ref]
    author = str(person.party.identity)
    ours = contact.direction is Direction.OUT
    allowed = [(ref, owner) for ref, owner in named if ours or author in owner.participants]
    if allowed:
        owner = min((owner for _, owner in allowed), key=lambda candidate: candidate.opened_at)
        for other in {id(o): o for _, o in allowed if o is not owner}.values():
            known.joins.append((owner, other))
            owner.participants |= other.participants
            for ref, holder in known.by_ref.items():
                if holder is other:
                    known.by_ref[ref] = owner
        why = f"refers to {allowed[0][0]}"
    else:
        owner = _new(known, contact, person)
        why = "refers to nothing known"
        if named:
            # A stranger with a right id (forged or forwarded) must not write into somebody's conversation.
            why = f"refers to conversation {named[0][1].id or 'of this batch'}, in which {author} takes no part"
    for ref in refs:
        if ref not in known.by_ref:
            known.by_ref[ref] = owner
            known.refs.append((ref, owner))
    _touch(owner, contact)
    _take_part(known, owner, contact)
    return Thread(owner, why)


def _take_part(known: _Known, owner: Conversation, contact: InboundContact) -> None:
    for party in (contact.sender, *contact.recipients, *contact.participants):
        address = str(party.identity)
        if address not in owner.participants:
            owner.participants.add(address)
            known.participants.append((owner, address))


def _new(known: _Known, contact: InboundContact, person: Person, key: str | None = None) -> Conversation:
    owner = Conversation(
        identity_id=person.held.identity_id,
        channel=contact.channel,
        medium=contact.medium.value,
        opened_at=contact.occurred_at,
        thread_key=key,
        subject=contact.subject[:300],
        state="open" if contact.kind is Kind.MESSAGE else "closed",
    )
    known.all.append(owner)
    return owner


def _touch(owner: Conversation, contact: InboundContact) -> None:
    """Moves a conversation on: a person's message opens it, ours makes it wait, machines' mail changes nothing."""
    if owner.last_at is None or contact.occurred_at >= owner.last_at:
        owner.last_at = contact.occurred_at
        words = (contact.visible_text or contact.text)[:400].split()
        # A call has no words: what was last said stays to be seen.
        owner.preview = " ".join(words)[:_PREVIEW] or owner.preview
    owner.touched = True
    if contact.kind is not Kind.MESSAGE:
        return
    ours = contact.direction is Direction.OUT
    owner.state = "waiting" if ours else "open"
    owner.unread = not ours
