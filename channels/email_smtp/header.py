"""Header fields as bytes for the wire: folded, encoded (RFC 2047, RFC 2231), and never more than one field each."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache
from urllib.parse import quote

from hub.model.errors import Refused
from hub.model.identity import email_identity

LINE = 76
MAX_TOKEN = 900  # RFC 5322 2.1.1: 998 a line
_LINE_BREAK = re.compile(r"[\r\n\x00]")
_PLAIN = re.compile(r"[\x20-\x7e\t]*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~\x80-\U0010ffff-]+(?:\.[\w!#$%&'*+/=?^`{|}~\x80-\U0010ffff-]+)*\Z")
_QUOTED = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"\Z')
_FIELD_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]{1,76}\Z")


def safe(value: str, field: str) -> str:
    """Returns the value when it stays within one header field; raises Refused otherwise.

    Line breaks inside encoded words count too: a reader that decodes first would see them (CVE-2024-6923).
    """
    if _LINE_BREAK.search(value):
        raise Refused(f"The {field} holds a line break, which mail headers must not carry.", field=field)
    if "=?" in value:
        try:
            decoded = decode_header(value)
        except (HeaderParseError, ValueError):
            decoded = []
        for part, _ in decoded:
            if _LINE_BREAK.search(part if isinstance(part, str) else part.decode("latin-1")):
                raise Refused(
                    f"The {field} holds an encoded line break, which mail headers must not carry.", field=field
                )
    return value


def field_name(name: str) -> str:
    """Returns a header's name. Raises Refused when it is none (RFC 5322 section 2.2)."""
    if not _FIELD_NAME.match(name):
        raise Refused(f"{name!r} is no name of a mail header.", field="headers")
    return name


# What all mails of a sender or a template have in common is checked and written once.
@lru_cache(maxsize=1024)
def unstructured(name: str, value: str) -> bytes:
    """Returns a field of free text; what is not plain ASCII, or looks encoded already, is encoded."""
    value = safe(value, name)
    if _is_plain(value):
        return fold(name, value)
    return fold(name, encoded_words(value))


@lru_cache(maxsize=1024)
def structured(name: str, value: str) -> bytes:
    """Returns a field whose syntax is its own (ids, URLs in angle brackets): ASCII, folded at spaces only."""
    value = safe(value, name)
    if not _PLAIN.match(value) or any(len(token) > MAX_TOKEN for token in value.split()):
        raise Refused(f"The header {name} must be plain ASCII without parts over {MAX_TOKEN} characters.", field=name)
    return fold(name, value)


@lru_cache(maxsize=1024)
def mailbox(name: str, address: str, display_name: str = "") -> bytes:
    """Returns `Name: display name <address>`; a local part beyond ASCII stays UTF-8 (RFC 6532)."""
    return fold(name, f"{_phrase(name, display_name)}<{address}>")


def mailboxes(name: str, people: Sequence[tuple[str, str]]) -> bytes:
    """Returns one field with several mailboxes, each (address, display name), folded between them."""
    return fold(name, ", ".join(f"{_phrase(name, display_name)}<{address}>" for address, display_name in people))


def _phrase(name: str, display_name: str) -> str:
    display_name = safe(display_name, name).strip()
    if not display_name:
        phrase = ""
    elif _ATOMS.match(display_name) and "=?" not in display_name and len(display_name) < LINE:
        phrase = f"{display_name} "
    elif _is_plain(display_name) and len(display_name) < LINE:
        escaped = display_name.replace("\\", "\\\\").replace('"', '\\"')
        phrase = f'"{escaped}" '
    else:
        phrase = f"{encoded_words(display_name)} "
    return phrase


@lru_cache(maxsize=1024)
def addr_spec(address: str, field: str) -> str:
    """Returns an address for the wire: domain in ASCII, an odd local part quoted. Raises Refused when it is none."""
    identity = email_identity(safe(address, field))
    if identity is None:
        raise Refused(f"The {field} {address!r} is no e-mail address.", field=field)
    local = address.strip().rpartition("@")[0]
    domain = identity.value.rpartition("@")[2]
    if not domain.isascii():
        raise Refused(f"The domain of the {field} {address!r} is no internet name.", field=field)
    if not _DOT_ATOM.match(local) and not _QUOTED.match(local):
        escaped = local.replace("\\", "\\\\").replace('"', '\\"')
        local = f'"{escaped}"'
    return f"{local}@{domain}"


def parameter(name: str, value: str) -> str:
    """Returns one MIME parameter, each line begun anew; RFC 2231 where it is not short plain ASCII."""
    value = safe(value, name)
    if _is_plain(value) and len(value) <= 60:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'; {name}="{escaped}"'
    escaped = quote(value.encode("utf-8", "replace"), safe="!#$&+-.^_`{|}~")
    pieces = re.findall(r"(?:%[0-9A-F]{2}|[^%]){1,20}", escaped)
    if len(pieces) == 1:
        return f"; {name}*=utf-8''{pieces[0]}"
    return "".join(f"; {name}*{number}*={_charset(number)}{piece}" for number, piece in enumerate(pieces))


def _charset(number: int) -> str:
    return "utf-8''" if number == 0 else ""


def fold(name: str, value: str) -> bytes:
    """Returns the field with its line breaks at spaces, lines within LINE where the tokens allow it."""
    if len(name) + len(value) + 2 <= LINE:
        return f"{name}: {value}\r\n".encode("utf-8", "replace")
    lines, line = [], f"{name}:"
    for token in value.split():
        if len(line) + 1 + len(token) > LINE and not line.endswith(":"):
            lines.append(line)
            line = ""
        line = f"{line} {token}"
    lines.append(line)
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n"


def encoded_words(value: str) -> str:
    """Returns base64 encoded words that split no character and fit a line after the name (RFC 2047 sections 2, 5)."""
    words, chunk = [], b""
    for character in value:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > 39:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    words.append(chunk)
    return " ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)


def _is_plain(value: str) -> bool:
    return (
        _PLAIN.match(value) is not None
        and "=?" not in value
        and value == value.strip()
        and (len(value) < MAX_TOKEN or all(len(token) < MAX_TOKEN for token in value.split()))
    )
