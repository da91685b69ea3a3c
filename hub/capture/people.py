"""Resolve: whose contact this is. An exact identity decides; anything weaker only suggests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, update

from hub.capture.spellings import as_known, suggest_lines
from hub.model.contact import Direction, InboundContact, Party
from hub.model.identity import Identity
from hub.model.value import value
from hub.store import conversations
from hub.store.conversations import Conversation
from hub.store.customers import Held, add_identity, find_identities, hold_identities, name_unnamed, suggest
from hub.store.tables import CustomerRow


@value()
class Person:
    """The customer of a contact, the identity it came by, and which rule said so."""

    party: Party
    held: Held
    why: str

    @property
    def is_first(self) -> bool:
        """Whether this contact made the customer."""
        return self.held.new and self.why.startswith("first contact")


def principal(contact: InboundContact) -> Party:
    """Returns the customer's side of a contact: who wrote, or to whom we wrote."""
    if contact.direction is Direction.OUT and not contact.extra.get("internal"):
        return contact.customer or next(iter(contact.recipients), contact.sender)
    return contact.sender


def resolve(
    conn: Connection,
    contacts: Sequence[InboundContact],
    now: datetime,
    talks: Mapping[int, Conversation] | None = None,
) -> list[Person]:
    """Returns the person of each contact, in order; unknown identities get a customer of their own.

    `talks`: the conversation that a mail among ourselves belongs to, by its position: it is about that one's customer.
    """
    about = _customers_of(conn, talks or {})
    parties = [about[at][0] if at in about else principal(contact) for at, contact in enumerate(contacts)]
    people = resolve_parties(conn, parties, [contact.claims for contact in contacts], now, about)
    _colleagues(conn, contacts, people)
    return people


def resolve_parties(
    conn: Connection,
    came: Sequence[Party],
    claims: Sequence[Sequence[Party]],
    now: datetime,
    about: Mapping[int, tuple[Party, Held]] | None = None,
) -> list[Person]:
    """Returns the person of each party, who also claims further identities; `about`: whose it is known to be."""
    about = about or {}
    parties = as_known(conn, came)
    held = hold_identities(conn, [party for at, party in enumerate(parties) if at not in about], now)
    met: set[Identity] = set()
    people = []
    for at, party in enumerate(parties):
        if at in about:
            people.append(Person(party, about[at][1], "written among ourselves in this conversation"))
            continue
        holder = held[party.identity]
        first = holder.new and party.identity not in met
        met.add(party.identity)
        why = f"first contact from {party.identity}" if first else f"holds {party.identity}"
        if party.identity != came[at].identity:
            why = f"holds {party.identity}, another spelling of {came[at].identity.value}"
        people.append(Person(party, holder, why))
    suggest_lines(conn, [(identity, held[identity]) for identity in sorted(met, key=str) if held[identity].new], now)
    _claims(conn, claims, people, now)
    names = {
        person.held.customer_id: person.party.display_name
        for person in people
        if person.party.display_name and not person.held.new
    }
    name_unnamed(conn, names)
    return people


def _customers_of(conn: Connection, talks: Mapping[int, Conversation]) -> dict[int, tuple[Party, Held]]:
    people = conversations.people_of(conn, talks.values()) if talks else {}
    return {
        at: (Party(Identity(*people[talk.identity_id][1].split(":", 1))), Held(talk.identity_id, customer))
        for at, talk in talks.items()
        for customer in [people[talk.identity_id][0]]
    }


def _colleagues(conn: Connection, contacts: Sequence[InboundContact], people: Sequence[Person]) -> None:
    """Staff who writes among ourselves, in no customer's conversation, is known as an employee, not as a prospect."""
    new = {
        person.held.customer_id
        for contact, person in zip(contacts, people, strict=True)
        if contact.extra.get("internal") and person.held.new
    }
    if new:
        conn.execute(update(CustomerRow).where(CustomerRow.id.in_(sorted(new))).values(relationship="employee"))


def _claims(conn: Connection, claimed: Sequence[Sequence[Party]], people: Sequence[Person], now: datetime) -> None:
    """Gives a customer the identities they typed, unconfirmed; one that somebody else holds is a hint."""
    claims = [
        (person, claim)
        for each, person in zip(claimed, people, strict=True)
        for claim in each
        if claim.identity != person.party.identity
    ]
    if not claims:
        return
    holders = find_identities(conn, (claim.identity for _, claim in claims))
    suggestions = []
    for person, claim in claims:
        holder = holders.get(claim.identity)
        if holder is None:
            identity_id = add_identity(conn, person.held.customer_id, claim.identity, now)
            holders[claim.identity] = Held(identity_id, person.held.customer_id, new=True)
        elif holder.customer_id != person.held.customer_id:
            suggestions.append((person.held.customer_id, claim.identity, f"typed by {person.party.identity}"))
    suggest(conn, suggestions, now)
