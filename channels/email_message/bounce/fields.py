"""The fields of a delivery status notification (RFC 3464 2.3, RFC 6533), read leniently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from channels.email_message.bounce import addresses

_FIELD = re.compile(r"^[> \t]{0,6}([A-Za-z][A-Za-z0-9-]{3,40})[ \t]*:[ \t]?(.*)$")
_RECIPIENTS = ("original-recipient", "final-recipient", "x-actual-recipient")
_KNOWN = frozenset(
    {*_RECIPIENTS, "action", "status", "diagnostic-code", "remote-mta", "last-attempt-date", "final-log-id"}
    | {"will-retry-until", "x-display-name", "reporting-mta", "arrival-date", "original-envelope-id", "dsn-gateway"}
    | {"received-from-mta", "x-postfix-queue-id", "x-postfix-sender", "x-supplementary-info", "localized-diagnostic"}
)
_SUCCESSFUL = ("delivered", "relayed", "expanded", "deliver", "success")
_LATE = ("delay", "retry", "deferr")


@dataclass(slots=True)
class StatusFields:
    """What one group of fields says of one recipient; every value may be empty."""

    original_recipient: str = ""
    final_recipient: str = ""
    actual_recipient: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""

    @property
    def recipient(self) -> str:
        """The address we wrote to: the original one, since the final one may be an internal alias."""
        candidates = (self.original_recipient, self.final_recipient, self.actual_recipient)
        found = [addresses.in_field(value) for value in candidates if value]
        usable = [address for address in found if address]
        if len(usable) > 1 and addresses.plain(usable[0]) == usable[1]:
            return usable[1]
        return next((a for a in usable if "." in a.partition("@")[2]), usable[0] if usable else "")

    @property
    def succeeded(self) -> bool:
        return self.action.startswith(_SUCCESSFUL) or (not self.action and self.status.startswith("2."))

    @property
    def delayed(self) -> bool:
        return self.action.startswith(_LATE)

    @property
    def empty(self) -> bool:
        return not (self.original_recipient or self.final_recipient or self.action or self.status or self.diagnostic)


def read_fields(text: str) -> Iterator[StatusFields]:
    """Yield one StatusFields for each recipient that `text` (a status part, or prose with such lines) names."""
    group = StatusFields()
    after_blank = False
    for name, value in _logical_lines(text):
        attribute = _ATTRIBUTES.get(name)
        if not attribute:
            after_blank = after_blank or not name
            continue
        repeated = bool(getattr(group, attribute))
        recipient = name in _RECIPIENTS
        if (after_blank and group.recipient and (recipient or repeated)) or (repeated and recipient):
            yield group
            group = StatusFields()
        after_blank = False
        if not getattr(group, attribute):
            setattr(group, attribute, value.lower() if attribute == "action" else value)
    if not group.empty:
        yield group


_ATTRIBUTES = {
    "original-recipient": "original_recipient",
    "final-recipient": "final_recipient",
    "x-actual-recipient": "actual_recipient",
    "action": "action",
    "status": "status",
    "diagnostic-code": "diagnostic",
}


def _logical_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, unfolded value) for known fields and ("", "") for blank lines."""
    name, pieces = "", [""]
    for line in text.splitlines():
        match = _FIELD.match(line)
        if match and match[1].lower() in _KNOWN:
            if name:
                yield name, " ".join(pieces).strip()
            name, pieces = match[1].lower(), [match[2].strip()]
        elif name and line.strip() and (line[0] in " \t" or (name == "diagnostic-code" and not match)):
            pieces.append(line.strip())
        else:
            if name:
                yield name, " ".join(pieces).strip()
            name = ""
            if not line.strip():
                yield "", ""
    if name:
        yield name, " ".join(pieces).strip()
