"""The make-believe people of the sandbox: a name, a phone and a mailbox each, or whoever somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from hub.model.errors import Refused
from hub.model.identity import email_identity, phone_identity
from hub.web.i18n import _

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose phone and mailbox the sandbox plays."""

    name: str
    phone: str
    address: str

    @property
    def query(self) -> str:
        """Returns the part of an address that says who is played."""
        return urlencode({"name": self.name, "phone": self.phone, "address": self.address})


# +1 415 555 01xx is set aside for fiction (NANPA); example.com, .net and .org are nobody's (RFC 2606).
PEOPLE = (
    Person("Ada Lovelace", "+14155550123", "ada@example.com"),
    Person("Grace Hopper", "+14155550124", "grace@example.org"),
    Person("Maria de Sousa", "+14155550125", "maria@example.net"),
    Person("Jan Novák", "+14155550126", "jan@example.com"),
    Person("Ирина Петрова", "+14155550127", "irina@example.org"),
)


def person_of(given: Mapping[str, str], region: str) -> Person:
    """Returns who is played; the first of the people where nobody is named. Raises Refused."""
    name, phone, address = (given.get(field, "").strip() for field in ("name", "phone", "address"))
    if not (name or phone or address):
        return PEOPLE[0]
    if len(name) > _LONGEST or not name.isprintable():
        raise Refused(_("This is no name."), field="name")
    number = phone_identity(phone, region) if phone else None
    if phone and number is None:
        raise Refused(_("This is no phone number."), field="phone", next_step=_("Write it as +14155550123."))
    mail = email_identity(address) if address else None
    if address and mail is None:
        raise Refused(_("This is no mail address."), field="address", next_step=_("Write it as ada@example.com."))
    return Person(name, number.value if number else "", mail.value if mail else "")
