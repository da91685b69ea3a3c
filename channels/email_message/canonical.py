"""Mails as DKIM sees them (RFC 6376 section 3.4): what is signed here, and what is checked there, is the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n")
_SPACE = re.compile(rb"[ \t]+")
Fields = Sequence[tuple[bytes, bytes]]


def parted(raw: bytes) -> tuple[Fields, bytes]:
    """Returns the fields in order and the body, with the line ends that were signed."""
    crlf = raw if b"\r\n" in raw[:1000] else raw.replace(b"\n", b"\r\n")
    head, _, body = crlf.partition(b"\r\n\r\n")
    return [(name, value) for name, value in _FIELD.findall(head + b"\r\n")], body


def body_of(body: bytes, *, relaxed: bool) -> bytes:
    """Returns a body as it is hashed, without the empty lines at its end."""
    if relaxed:
        body = body.replace(b"\t", b" ")
        while b"  " in body:  # of large mails a pattern takes ten times as long
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n").rstrip(b" ")
    stripped = body.rstrip(b"\r\n") if body.endswith(b"\r\n") else body
    if not stripped:
        return b"" if relaxed else b"\r\n"
    return stripped + b"\r\n"


def field_of(name: bytes, value: bytes, *, relaxed: bool) -> bytes:
    """Returns a field as it is signed, without the end of its line."""
    if not relaxed:
        return name + b":" + value
    return name.lower() + b":" + _SPACE.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
