"""Identities: ways to reach or recognise one customer."""

from __future__ import annotations

import re
from functools import lru_cache

from hub.model.errors import Refused, Unreadable
from hub.model.phone import e164, is_plain_e164, is_possible, read_phone
from hub.model.value import value

SCHEMES = ("mailto", "tel", "whatsapp", "sms", "ext", "hub")
_ADDR_SPEC = re.compile(r"[^\s@<>\x00-\x1f\x7f]{1,64}@[^\s@<>\x00-\x1f\x7f]{1,255}\Z")


@value()
class Identity:
    """One way to reach or recognise a customer, in its canonical form.

    `mailto:` whole address in lower case, the domain in its ASCII form; `tel:` and `whatsapp:` E.164;
    `sms:` short codes and alphanumeric senders, verbatim; `ext:` system/key; `hub:` the hub's own.
    """

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"

    @classmethod
    def from_text(cls, text: str) -> Identity:
        """Reads `scheme:value`. Raises Refused when the scheme is unknown or the value is empty."""
        scheme, colon, value = text.partition(":")
        if not colon or scheme not in SCHEMES or not value:
            raise Refused(f"{text!r} is no identity: write it as scheme:value, e.g. mailto:ada@example.com")
        return cls(scheme, value)


def email_identity(addr_spec: str) -> Identity | None:
    """Returns the identity of an e-mail address, or None when it is none (RFC 5321 4.1.2, loosely).

    The local part is compared case-insensitively: no provider in use tells two cases apart.
    """
    addr_spec = addr_spec.strip()
    if not _ADDR_SPEC.match(addr_spec):
        return None
    local, _, domain = addr_spec.rpartition("@")
    ascii_domain = domain if domain.isascii() else _ascii_domain(domain)
    return Identity("mailto", f"{local}@{ascii_domain}".lower())


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


@lru_cache(maxsize=65_536)
def phone_identity(number: str, region: str | None = None) -> Identity | None:
    """Returns the identity of a phone number in E.164, or None when it is no possible number.

    `region`: ISO 3166 code used when the number is written without its country.
    """
    if is_plain_e164(number):
        return Identity("tel", number)
    try:
        parsed = read_phone(number, region or "")
    except Unreadable:
        return None
    return Identity("tel", e164(parsed)) if is_possible(parsed) else None


def text_sender_identity(sender: str, region: str | None = None) -> Identity | None:
    """Returns who a text came from: a number, a WhatsApp number, a short code or an alphanumeric sender."""
    sender = sender.strip()
    if sender.lower().startswith("whatsapp:"):
        phone = phone_identity(sender[len("whatsapp:") :], region)
        return Identity("whatsapp", phone.value) if phone else None
    if sender.startswith("+") or len(sender) > 8:
        phone = phone_identity(sender, region)
        if phone:
            return phone
    return Identity("sms", sender) if sender else None
