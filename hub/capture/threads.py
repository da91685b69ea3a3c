"""Thread: which conversation a contact belongs to. Ids decide, for people who take part; a subject never does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from hub.capture.people import Person
from hub.model.contact import Direction, InboundContact, Kind, Medium
from hub.store import conversations
from hub.store.conversations import Conversation
from hub.store.customers import addresses_of
from hub.store.hints import Reason, are_apart, suggest_together
from hub.store.mail_tokens import is_ours

_BY_NUMBER = frozenset({Medium.SMS, Medium.WHATSAPP, Medium.CALL})
NO_MATTER = "a survey answer starts no conversation"


@dataclass(slots=True)
class Thread:
    """The conversation of a contact and which rule chose it; None for what belongs to no matter (a survey row)."""

    conversation: Conversation | None
    why: str


@dataclass(slots=True)
class _Known:
    """What is known while one batch is threaded; later contacts of a batch see what earlier ones made."""

    conn: Connection
    mail_key: bytes
    by_ref: dict[str, Conversation]
    by_key: dict[str, Conversation]
    all: list[Conversation] = field(default_factory=list)
    refs: list[tuple[str, Conversation]] = field(default_factory=list)
    participants: list[tuple[Conversation, str]] = field(default_factory=list)
    joins: list[tuple[Conversation, Conversation]] = field(default_factory=list)
    hints: list[tuple[Conversation, Conversation, Reason, str]] = field(default_factory=list)
    addresses: dict[int, set[str]] = field(default_factory=dict)

    def takes_part(self, person: Person, owner: Conversation) -> bool:
        """Says whether somebody may speak in a conversation: by this address, or by another that they hold."""
        if str(person.party.identity) in owner.participants:
            return True
        if person.held.new:
            return False
        customer = person.held.customer_id
        if customer not in self.addresses:
            self.addresses[customer] = addresses_of(self.conn, customer)
        return not self.addresses[customer].isdisjoint(owner.participants)

    def are_one(self, one: Conversation, other: Conversation) -> bool:
        """Says whether two conversations may be joined unasked: with the same people, not with somebody else's."""
        if one.identity_id == other.identity_id:
            return True
        people = conversations.people_of(self.conn, (one, other))
        customer, address = people[one.identity_id]
        its_customer, its_address = people[other.identity_id]
        return customer == its_customer or (address in other.participants and its_address in one.participants)

    def parted(self, one: Conversation, other: Conversation) -> bool:
        """Says whether staff has said of two conversations that they are apart: no mail joins them again."""
        return bool(one.id and other.id) and are_apart(self.conn, one.id, other.id)


def refs_of(contact: InboundContact) -> list[str]:
    """Returns every message id that a mail names: its own, what it answers, then what it refers to, newest first."""
    if contact.medium is Medium.FORM and contact.extra.get("mail_form"):
        return [contact.external_id]
    if contact.medium is not Medium.EMAIL:
        return []
    named = (contact.external_id, contact.in_reply_to, *reversed(contact.references))
    return [ref for ref in dict.fromkeys(named) if ref]


def thread(
    conn: Connection,
    contacts: Sequence[InboundContact],
    people: Sequence[Person],
    now: datetime,
    by_ref: Mapping[str, Conversation] | None = None,
    mail_key: bytes = b"",
) -> list[Thread]:
    """Returns the thread of each contact, in order; new conversations are stored, touched ones updated.

    `by_ref`: the conversations of all `refs_of`, where they were looked up before. `mail_key`: Keys.mail_tokens, by
    which an answer to a mail of ours is known though that mail is not here.
    """
    if by_ref is None:
        by_ref = conversations.find_by_refs(conn, (ref for contact in contacts for ref in refs_of(contact)))
    known = _Known(
        conn,
        mail_key=mail_key,
        by_ref=dict(by_ref),
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
    _store(known, now)
    return threads


def _store(known: _Known, now: datetime) -> None:
    conn = known.conn
    touched = {id(owner): owner for owner in [*known.by_ref.values(), *known.by_key.values(), *known.all]}
    conversations.store(conn, list(touched.values()))
    taken = conversations.remember_refs(conn, [(ref, owner.id) for ref, owner in known.refs])
    if taken:
        _join_with_raced(known, taken)
    gone: dict[int, Conversation] = {}
    for kept, other in known.joins:
        if other.id != kept.id:
            conversations.join(conn, kept.id, [other.id], now)
            gone[other.id] = kept
    for other_id, kept in gone.items():
        for owner in touched.values():
            if owner.id == other_id:
                owner.id = kept.id
    conversations.add_participants(conn, [(owner.id, address) for owner, address in known.participants])
    suggest_together(conn, [(one.id, other.id, reason, who) for one, other, reason, who in known.hints], now)


def _join_with_raced(known: _Known, taken: Iterable[str]) -> None:
    """Joins with conversations that another process made of the same ids meanwhile."""
    theirs = conversations.find_by_refs(known.conn, taken)
    for ref, owner in known.refs:
        other = theirs.get(ref)
        if other is None or other.id == owner.id:
            continue
        if known.are_one(other, owner) and not known.parted(other, owner):
            known.joins.append((other, owner))
        else:
            known.hints.append((other, owner, Reason.BOTH, ""))


def _choose(known: _Known, contact: InboundContact, person: Person) -> Thread:
    if contact.medium is Medium.EMAIL or contact.extra.get("mail_form"):
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
        return Thread(None, NO_MATTER)
    if contact.medium is Medium.PURCHASE:
        return Thread(None, "a purchase starts no conversation")
    owner = _new(known, contact, person)
    _touch(owner, contact)
    _take_part(known, owner, contact)
    return Thread(owner, "each submission is a matter of its own")


def _mail_thread(known: _Known, contact: InboundContact, person: Person) -> Thread:
    refs = refs_of(contact)
    named = [(ref, known.by_ref[ref]) for ref in refs if ref in known.by_ref]
    ours = contact.direction is Direction.OUT
    forged = bool(contact.extra.get("forged"))
    allowed = [(ref, owner) for ref, owner in named if ours or (not forged and known.takes_part(person, owner))]
    if allowed:
        owner = _joined(known, contact, [owner for _, owner in allowed])
        why = f"refers to {allowed[0][0]}"
    else:
        owner = _new(known, contact, person)
        why = "each submission is a matter of its own" if contact.medium is Medium.FORM else "refers to nothing known"
        if named:
            why = _turned_away(known, contact, person, named[0][1], owner, forged=forged)
        elif known.mail_key and any(is_ours(known.mail_key, ref) for ref in refs[1:]):
            # The hub was restored from a backup that is older than what it answers.
            why = "answers a mail of ours that is not here"
    for ref in refs:
        if ref not in known.by_ref:
            known.by_ref[ref] = owner
            known.refs.append((ref, owner))
    _touch(owner, contact)
    _take_part(known, owner, contact)
    return Thread(owner, why)


def _turned_away(
    known: _Known, contact: InboundContact, person: Person, named: Conversation, own: Conversation, *, forged: bool
) -> str:
    """A stranger with a right id (forged or forwarded) must not write into somebody's conversation; staff is told."""
    author = str(person.party.identity)
    if contact.kind is Kind.MESSAGE:
        known.hints.append((named, own, Reason.FORGED if forged else Reason.STRANGER, author))
    which = f"conversation {named.id or 'of this batch'}"
    if forged:
        return f"refers to {which}, but its author is forged, says our own mail server"
    return f"refers to {which}, in which {author} takes no part"


def _joined(known: _Known, contact: InboundContact, owners: Sequence[Conversation]) -> Conversation:
    """Returns the one conversation that a mail belongs to: those it refers to become one where they are one matter."""
    first, *others = {id(owner): owner for owner in owners}.values()
    together = [first, *(other for other in others if known.are_one(first, other) and not known.parted(first, other))]
    kept = min(together, key=lambda candidate: (candidate.opened_at, candidate.id or sys.maxsize))
    for other in together:
        if other is not kept:
            _merge(known, kept, other)
    author = str(contact.sender.identity)
    known.hints += [(kept, other, Reason.BOTH, author) for other in others if other not in together]
    return kept


def _merge(known: _Known, kept: Conversation, other: Conversation) -> None:
    known.joins.append((kept, other))
    kept.participants |= other.participants
    kept.touched = True
    if other.state == "open" or (other.state == "waiting" and kept.state == "closed"):
        kept.state = other.state
    kept.unread = kept.unread or other.unread
    if other.last_at and (kept.last_at is None or other.last_at > kept.last_at):
        kept.last_at, kept.preview = other.last_at, other.preview or kept.preview
    for ref, holder in known.by_ref.items():
        if holder is other:
            known.by_ref[ref] = kept


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
        state="open" if contact.kind is Kind.MESSAGE and not contact.historic else "closed",
    )
    known.all.append(owner)
    return owner


def _touch(owner: Conversation, contact: InboundContact) -> None:
    """Moves a conversation on: a person's message opens it, ours makes it wait; machines and talk among us do not."""
    # A first reading brings folder after folder: a question may come after the answer to it.
    overtaken = owner.last_at is not None and contact.received_at < owner.last_at
    if owner.last_at is None or contact.occurred_at >= owner.last_at:
        owner.last_at = contact.occurred_at
        # A call has no words: what was last said stays to be seen.
        owner.preview = conversations.preview(contact.visible_text or contact.text) or owner.preview
    owner.touched = True
    if contact.kind is not Kind.MESSAGE or contact.extra.get("internal") or contact.historic or overtaken:
        return
    if contact.extra.get("by_itself") and owner.id:
        return  # what the hub says by itself leaves open what nobody has answered
    ours = contact.direction is Direction.OUT
    owner.state = "waiting" if ours else "open"
    owner.unread = not ours
