"""Whom a row of a file is about: the identities that it names."""

from __future__ import annotations

from collections.abc import Mapping

from hub.model.errors import Refused
from hub.model.identity import Identity, email_identity, phone_identity


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
