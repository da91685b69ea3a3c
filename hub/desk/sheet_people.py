"""Whom a row of a file is about: the identities that it names, and the customer who holds them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from hub.model.contact import Party
from hub.model.errors import Refused
from hub.model.identity import Identity, email_identity, phone_identity
from hub.store import customers


def customer_of(conn: Connection, row: Mapping[str, str], name: str, region: str, now: datetime) -> int:
    """Returns the customer of a row by number or addresses, made where nobody holds these yet.

    Who has no name yet is called `name`; addresses that the row adds become theirs. Raises Refused and NotFound.
    """
    named = row.get("customer", "")
    if named.isascii() and named.isdecimal() and len(named) < 19:
        customers.require(conn, int(named))
        return int(named)
    identities = identities_of(row, region)
    held = customers.find_identities(conn, identities)
    holders = {one.customer_id for one in held.values()}
    if len(holders) > 1:
        raise Refused(
            f"{' and '.join(str(one) for one in held)} belong to two customers.",
            field="customer",
            next_step="Merge them, or correct the row.",
        )
    if not held:
        held = customers.hold_identities(conn, [Party(identities[0], name)], now)
        holders = {one.customer_id for one in held.values()}
    customer = holders.pop()
    if name:
        customers.name_unnamed(conn, {customer: name})
    for identity in identities:
        if identity not in held:
            customers.add_identity(conn, customer, identity, now)
    return customer


def identities_of(row: Mapping[str, str], region: str) -> list[Identity]:
    """Returns the identities in the columns customer, email and phone. Raises Refused where one is none, or none is.

    `region`: country of phone numbers written without one.
    """
    found: list[Identity] = []
    named, email, phone = row.get("customer", ""), row.get("email", ""), row.get("phone", "")
    if named:
        found.append(_named(named, region))
    if email:
        mail = email_identity(email)
        if mail is None:
            raise Refused(f"{email!r} is no e-mail address.", field="email")
        found.append(mail)
    if phone:
        number = phone_identity(phone, region)
        if number is None:
            raise Refused(f"{phone!r} is no phone number.", field="phone")
        found.append(number)
    if not found:
        raise Refused("The row does not say who it is about.", field="customer")
    return list(dict.fromkeys(found))


def _named(text: str, region: str) -> Identity:
    scheme = text.partition(":")[0]
    if scheme in ("mailto", "tel", "whatsapp", "ext", "hub"):
        return Identity.from_text(text)
    found = email_identity(text) or phone_identity(text, region)
    return found or Identity("ext", f"import/{text}")
