"""Resolve: whose contact this is. An exact identity decides; anything weaker only suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.model.contact import Direction, InboundContact, Party
from hub.model.identity import Identity
from hub.store.customers import Held, add_identity, find_identities, hold_identities, name_unnamed, suggest


@dataclass(frozen=True, slots=True)
class Person:
    """The customer of a contact, the identity it came by, and which rule said so."""

    party: Party
    held: Held
    why: str


def principal(contact: InboundContact) -> Party:
    """Returns the customer's side of a contact: who wrote, or to whom we wrote."""
    if contact.direction is Direction.OUT and contact.recipients:
        return contact.recipients[0]
    return contact.sender


def resolve(conn: Connection, contacts: Sequence[InboundContact], now: datetime) -> list[Person]:
    """Returns the person of each contact, in order; unknown identities get a customer of their own."""
    parties = [principal(contact) for contact in contacts]
    held = hold_identities(conn, parties, now)
    met: set[Identity] = set()
    people = []
    for party in parties:
        holder = held[party.identity]
        first = holder.new and party.identity not in met
        met.add(party.identity)
        why = f"first contact from {party.identity}" if first else f"holds {party.identity}"
        people.append(Person(party, holder, why))
    _claims(conn, contacts, people, now)
    names = {
        person.held.customer_id: person.party.display_name
        for person in people
        if person.party.display_name and not person.held.new
    }
    name_unnamed(conn, names)
    return people


def _claims(conn: Connection, contacts: Sequence[InboundContact], people: Sequence[Person], now: datetime) -> None:
    """Gives a customer the identities they typed, unconfirmed; one that somebody else holds is a hint."""
    claims = [
        (person, claim)
        for contact, person in zip(contacts, people, strict=True)
        for claim in contact.claims
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
