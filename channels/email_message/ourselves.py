"""Which addresses of a mail are our own or staff's: who is the customer, and what an address of ours carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email_message.mail import Mail, Mailbox

# Mail that staff sends to support+customer@ is a customer's, as with @customer at its top.
_OF_A_CUSTOMER = "customer"
_COMMAND = re.compile(r"\s*@customer\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ourselves:
    """The addresses of our mailboxes and of staff, in lower case; what follows a `+` is no part of an address here."""

    own_addresses: frozenset[str]
    staff_addresses: frozenset[str]

    def own(self, address: str) -> bool:
        """Says whether an address is one of our mailboxes."""
        return _untagged(address)[0] in self.own_addresses or address.lower() in self.own_addresses

    def include(self, address: str) -> bool:
        """Says whether an address is one of our mailboxes or of staff."""
        return self.own(address) or address.lower() in self.staff_addresses

    def other_side(self, mail: Mail) -> Mailbox | None:
        """Returns to whom a mail of ours went: the first in To, else in Cc, who is none of us."""
        everybody = (box for box in (*mail.to, *mail.cc) if box.addr_spec)
        return next((box for box in everybody if not self.include(box.addr_spec)), None)

    def tokens(self, mail: Mail) -> tuple[str, ...]:
        """Returns the Message-IDs that our own addresses carry behind their `+`, as Reply-To of our mails does."""
        found = (f"{tag}@{domain}" for tag, domain in self._tags(mail) if tag != _OF_A_CUSTOMER)
        return tuple(dict.fromkeys(found))

    def told(self, mail: Mail) -> bool:
        """Says whether the writer marks the mail as a customer's: at its top, or by the address it goes to."""
        return bool(_COMMAND.match(mail.text)) or any(tag == _OF_A_CUSTOMER for tag, _ in self._tags(mail))

    def _tags(self, mail: Mail) -> Iterator[tuple[str, str]]:
        for address in (*mail.delivered_to, *(box.addr_spec for box in (*mail.to, *mail.cc))):
            bare, tag = _untagged(address)
            if tag and bare in self.own_addresses:
                yield tag, bare.rpartition("@")[2]


def _untagged(address: str) -> tuple[str, str]:
    """Parts `support+tag@example.com` into `support@example.com` and `tag`."""
    local, at, domain = address.lower().rpartition("@")
    bare, _, tag = local.partition("+")
    return f"{bare}{at}{domain}", tag
