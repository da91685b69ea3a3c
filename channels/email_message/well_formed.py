"""Parses mails that keep to the rules of MIME (RFC 2045, RFC 2046) in a few passes over their bytes.

Nearly all do. The standard library's parser looks at every line of every attachment, which takes ten times as long; it
is left what is bent in any way, and knows a name for each way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from channels.email_message.limits import DEPTH, PARTS
from channels.email_message.opaque import OpaqueMessage

_FIELD = re.compile(rb"([!-9;-~]+):[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)\r?\n")
_BLANK = re.compile(rb"\r?\n")
_DELIMITER_ENDS = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


class _Bent(Exception):
    """Something about this mail is not as the rules want it."""


def parse_well_formed(raw: bytes) -> OpaqueMessage | None:
    """Returns a mail's parts as the standard library's parser would, or None where the mail is bent or unusual."""
    if raw.count(b"\r") != raw.count(b"\r\n"):
        return None  # a lone CR ends a line for the one parser and not for the other
    try:
        return _part(raw, 0, len(raw), 0, [PARTS], is_inner=False)
    except _Bent:
        return None


def _part(raw: bytes, start: int, end: int, depth: int, budget: list[int], *, is_inner: bool) -> OpaqueMessage:
    header: list[tuple[str, str]] = []
    while field := _FIELD.match(raw, start, end):
        header.append((field[1].decode("ascii"), field[2].decode("ascii", "surrogateescape")))
        start = field.end()
    blank = _BLANK.match(raw, start, end)
    if blank is None:
        raise _Bent
    start = blank.end()
    part = OpaqueMessage.made(header)
    if part.get_content_maintype() != "multipart":
        if is_inner and end > start:
            # The line end before a delimiter belongs to it (RFC 2046 5.1.1).
            end -= 2 if raw[max(start, end - 2) : end] == b"\r\n" else 1
        part.hold(raw[start:end])
        return part
    encoding = part.sent_header("content-transfer-encoding").strip().lower()
    if depth >= DEPTH or encoding not in _AS_IT_IS or part.get_content_subtype() == "digest":
        raise _Bent
    boundary = part.get_boundary()
    if not boundary or not boundary.isascii():
        raise _Bent
    pieces = list(_pieces(raw, start, end, boundary.encode("ascii"), budget))
    if not pieces:
        raise _Bent
    part.hold([_part(raw, *piece, depth + 1, budget, is_inner=True) for piece in pieces])
    return part


def _pieces(raw: bytes, start: int, end: int, boundary: bytes, budget: list[int]) -> Iterator[tuple[int, int]]:
    """Yields where each part of a multipart begins and ends, with the line end before the delimiter."""
    delimiter = b"--" + boundary
    began: int | None = None
    at = start
    while (at := raw.find(delimiter, at, end)) >= 0:
        after = at + len(delimiter)
        found = _DELIMITER_ENDS.match(raw, after, end) if at == start or raw[at - 1 : at] == b"\n" else None
        if found is None:
            at = after
            continue
        if began is not None:
            if began == at or not budget[0]:
                raise _Bent
            budget[0] -= 1
            yield began, at
        if found[1]:
            return
        began = at = found.end()
    raise _Bent
