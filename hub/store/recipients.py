"""Recipients: what decides who is written to and where, for many customers or addresses at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BigInteger, Connection

from hub.model.bases import Basis
from hub.model.outbound import Purpose
from hub.store.erasing import met
from hub.store.keys import Keys
from hub.store.question import Question, columns_of
from hub.store.tables import ConsentRow, CustomerRow, IdentityRow, SuppressionRow


class Person(NamedTuple):
    """What planning and templates ask of a customer."""

    id: int
    display_name: str
    language: str
    time_zone: str
    country: str
    birthday: date | None
    facts: Mapping[str, Any] | None


class Address(NamedTuple):
    """An open identity; times are milliseconds since 1970."""

    id: int
    customer_id: int
    scheme: str
    value: str
    confirmed_at: int | None
    opened_at: int


class Said(NamedTuple):
    """The newest word of an address on a purpose; `at`: milliseconds since 1970."""

    identity_id: int
    purpose: str
    granted: bool
    at: int
    source: str
    basis: str


class Against(NamedTuple):
    """What speaks against an address; `at`: milliseconds since 1970."""

    address: str
    purpose: str
    channel: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Recipients:
    """Customers by id; the open addresses of each, the best to write to first; the newest word of each address on
    promotions, and what speaks against it. Times stay as they are stored: there are many, and most are only compared.
    """

    customers: Mapping[int, Person]
    addresses: Mapping[int, Sequence[Address]]
    agreed: Mapping[int, Said]
    suppressions: Mapping[str, Sequence[Against]]


T = TypeVar("T", bound=tuple[Any, ...])
_HELD_TWICE = Question(
    columns_of(IdentityRow.value),
    "identity WHERE identity.value {among} AND identity.closed_at IS NULL GROUP BY identity.value HAVING count(*) > 1",
    keys="TEXT",
)
_STORED = BigInteger()
_PEOPLE = Question(
    columns_of(*(getattr(CustomerRow, name) for name in Person._fields)), "customer WHERE customer.id {among}"
)
_ADDRESSES = Question(
    columns_of(IdentityRow.id, IdentityRow.customer_id, IdentityRow.scheme, IdentityRow.value)
    | {"identity.confirmed_at": _STORED, "identity.opened_at": _STORED},
    "identity WHERE identity.customer_id {among} AND identity.closed_at IS NULL",
)
_SAID = Question(
    columns_of(ConsentRow.identity_id, ConsentRow.purpose, ConsentRow.granted)
    | {"consent.at": _STORED}
    | columns_of(ConsentRow.source, ConsentRow.basis),
    "consent WHERE consent.identity_id {among} ORDER BY consent.id",
)
_EXISTING = Question(
    columns_of(ConsentRow.identity_id),
    "consent WHERE consent.identity_id {among} AND consent.basis = 'existing_customer'",
)
_AGAINST = Question(
    columns_of(SuppressionRow.address, SuppressionRow.purpose, SuppressionRow.channel, SuppressionRow.reason)
    | {"suppression.at": _STORED},
    "suppression WHERE suppression.address {among} AND suppression.lifted_at IS NULL ORDER BY suppression.id",
    keys="TEXT",
)


def recipients(
    conn: Connection, customers: Sequence[int], schemes: Sequence[str], keys: Keys | None = None
) -> Recipients:
    """Returns what decides for these customers; only addresses of these schemes, in this order of preference.

    `keys`: by which addresses of erased customers are known again.
    """
    order = {scheme: number for number, scheme in enumerate(schemes)}
    held = [one for one in _each(Address, _ADDRESSES(conn, customers)) if one.scheme in order]
    addresses: dict[int, list[Address]] = {}
    for one in held:
        addresses.setdefault(one.customer_id, []).append(one)
    for those in addresses.values():
        if len(those) > 1:
            # Confirmed ones first, then the newest, as reminders choose.
            those.sort(key=lambda one: (one.confirmed_at is not None, one.opened_at, one.id), reverse=True)
            those.sort(key=lambda one: order[one.scheme])
    said = newest_words(conn, [one.id for one in held])
    return Recipients(
        customers={one.id: one for one in _each(Person, _PEOPLE(conn, customers))},
        addresses=addresses,
        agreed={identity: one for (identity, purpose), one in said.items() if purpose == Purpose.PROMOTIONAL},
        suppressions=speaks_against(conn, [f"{one.scheme}:{one.value}" for one in held], keys),
    )


def held_twice(conn: Connection, values: Sequence[str]) -> set[str]:
    """Returns the phone numbers that are open in several ways, as one for texts and one for WhatsApp: perhaps two
    customers'. In one way a value is one customer's alone.
    """
    return {value for [value] in _HELD_TWICE(conn, values)}


def newest_words(conn: Connection, identities: Sequence[int]) -> dict[tuple[int, str], Said]:
    """Returns the newest word of each (identity, purpose)."""
    return {(one.identity_id, one.purpose): one for one in _each(Said, _SAID(conn, identities))}


def existing_customers(conn: Connection, identities: Sequence[int]) -> set[int]:
    """Returns those whose promotions rest on their having bought, not on consent."""
    maybe = sorted({identity for [identity] in _EXISTING(conn, identities)})
    said = newest_words(conn, maybe)
    return {
        one.identity_id
        for one in said.values()
        if one.purpose == Purpose.PROMOTIONAL and one.granted and one.basis == Basis.EXISTING_CUSTOMER
    }


def speaks_against(conn: Connection, addresses: Iterable[str], keys: Keys | None = None) -> dict[str, list[Against]]:
    """Returns what is in force against each address that has any; `keys`: also what is known by its digest alone."""
    addresses = list(addresses)
    by_digest = met.digests(conn, keys, addresses)
    found: dict[str, list[Against]] = {}
    for one in _each(Against, _AGAINST(conn, [*addresses, *by_digest])):
        found.setdefault(by_digest.get(one.address, one.address), []).append(one)
    return found


def _each(kind: type[T], rows: Iterable[Sequence[Any]]) -> list[T]:
    """Returns rows under the names of `kind`, a fifth of the time that its own `_make` takes: there are 100,000s."""
    return list(map(partial(tuple.__new__, kind), rows))
