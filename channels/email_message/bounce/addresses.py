"""E-mail addresses within prose and within the typed fields of RFC 3464."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOCAL = r"(?:\"[^\"\s<>@]{1,64}\"|[\w!#$%&*+/=?^{|}~'.-]{1,128})"
_HOST = r"(?:[\w-]{1,63}\.)+[\w-]{2,63}|\[[\d.a-fA-F:IPv]{3,60}\]"
# The look-behind makes every run of characters be tried once, from its start: linear time.
IN_PROSE = re.compile(rf"(?<![\w!#$%&*+/=?^{{|}}~'.\"@-])({_LOCAL})@({_HOST})(?![\w@])")
_ANY_HOST = re.compile(rf"^({_LOCAL})@([\w.-]{{1,255}}|\[[^\]\s]{{1,60}}\])$")
_IGNORED_LOCAL = re.compile(r"^(?:mailer-daemon|mail-daemon|postmaster)$", re.IGNORECASE)


def in_prose(text: str) -> list[str]:
    """Return the addresses in text, in order, repeated ones too."""
    return [_trimmed(f"{local}@{host}") for local, host in IN_PROSE.findall(text)] if "@" in text else []


def _trimmed(address: str) -> str:
    address = address.rstrip(".")
    return address.lstrip("'*=|/") if not address.startswith('"') else address


def in_field(value: str) -> str:
    """Return the address of `rfc822;ada@example.com`, `<ada@example.com>` or `ada@example.com`, else ''.

    Internal host names without a dot count here (RFC 3464 2.3.2 allows whatever the MTA uses).
    """
    kind, semicolon, rest = value.partition(";")
    candidate = (rest if semicolon and "@" not in kind else value).strip()
    if "<" in candidate and ">" in candidate:
        candidate = candidate[candidate.rfind("<", 0, candidate.find(">")) + 1 : candidate.find(">")]
    candidate = candidate.strip(" \t<>\"';,") if not candidate.startswith('"') else candidate.strip(" \t<>;,")
    candidate = candidate.removeprefix("mailto:")
    if _ANY_HOST.match(candidate):
        return candidate
    found = in_prose(value)
    return found[0] if found else ""


def key(address: str) -> str:
    """Return the form under which two spellings are one recipient: quotes and letter case do not count."""
    return address.replace('"', "").casefold()


def distinct(addresses: Iterable[str]) -> list[str]:
    """Return each address once, as first written."""
    seen: dict[str, str] = {}
    for address in addresses:
        seen.setdefault(key(address), address)
    return list(seen.values())


def is_mailer(address: str) -> bool:
    """Return whether the address is the mail system's own."""
    return bool(_IGNORED_LOCAL.match(address.partition("@")[0]))
