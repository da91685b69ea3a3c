"""E-mail addresses within prose and within the typed fields of RFC 3464."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LOCAL = r"(?:\"[^\"\s<>@]{1,64}\"|[\w!#$%&*+/=?^{|}~'.-]{1,128})"
_HOST = r"(?:[\w-]{1,63}\.)+[\w-]{2,63}|\[[\d.a-fA-F:IPv]{3,60}\]"
# The look-behind makes every run of characters be tried once, from its start: linear time.
IN_PROSE = re.compile(rf"(?<![\w!#$%&*+/=?^{{|}}~'.@-])({_LOCAL})@({_HOST})(?![\w@])")
_ANY_HOST = re.compile(rf"^({_LOCAL})@([\w.-]{{1,255}}|\[[^\]\s]{{1,60}}\])$")
# Chinese, Japanese, Korean and Thai prose sets no spaces around an address: only its ASCII run belongs to it.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]")
_ASCII_TAIL = re.compile(r"[!-~]+\Z")
_ASCII_HOST = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?=[^\x00-\x7f])")
_UNICODE_TEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_IGNORED_LOCAL = re.compile(r"^(?:mailer-daemon|mail-daemon|postmaster)$", re.IGNORECASE)


def in_prose(text: str) -> list[str]:
    """Return the addresses in text, in order, repeated ones too."""
    return [_trimmed(f"{local}@{host}") for local, host in IN_PROSE.findall(text)] if "@" in text else []


def _trimmed(address: str) -> str:
    address = address.rstrip(".")
    if not address.isascii() and _UNSPACED.search(address):
        local, _, host = address.rpartition("@")
        tail, head = _ASCII_TAIL.search(local), _ASCII_HOST.match(host)
        address = f"{tail[0] if tail else local}@{head[0] if head else host}"
    return address.lstrip("'*=|/") if not address.startswith('"') else address


def in_field(value: str) -> str:
    """Return the address of `rfc822;ada@example.com`, `<ada@example.com>` or `ada@example.com`, else ''.

    Internal host names without a dot count here (RFC 3464 2.3.2 allows whatever the MTA uses); `\\x{43A}` is a letter
    in ASCII (RFC 6533 3).
    """
    value = _UNICODE_TEXT.sub(_letter, value)
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


def _letter(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 32 < number < 0xD800 or 0xE000 <= number < 0x110000 else found[0]


def plain(address: str) -> str:
    """Return an address of Original-Recipient with its xtext undone (RFC 3461 4): `ada+2Btag` is `ada+tag`."""
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), address)


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
