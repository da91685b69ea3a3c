"""The header block of a mail put right where real programs get it wrong, before anything parses it."""

from __future__ import annotations

import re

from channels.email_message.headers import Defects
from channels.email_message.limits import HEADER_BLOCK, HEADER_VALUE, header_end

_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_MBOX_LINE = re.compile(rb">?From (?![ \t]{0,20}:)")
_SPACE_BEFORE_COLON = re.compile(rb"(?m)^([!-9;-~]{1,80})[ \t]{1,20}:")
_KNOWN = re.compile(
    rb"(?im)^(from|to|cc|subject|date|message-id|mime-version|content-[a-z-]{1,40}|received|reply-to|return-path|x-[a-z-]{1,60}):"
)
_PARAMETER = re.compile(rb"[\w*-]{1,40}=\"?[^\s]")
_OPEN_END = re.compile(rb";[ \t]*\r?\n?\Z")
_EIGHT_BIT_NAME = re.compile(rb"[!-9;-~\x80-\xff]{1,80}:")
_MOST_LINES_AHEAD = 40


def prepared(raw: bytes, defects: Defects) -> bytes:
    """Returns the bytes with the header block made readable: what real programs get wrong there is put right."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\r\r\n" in raw[:HEADER_VALUE]:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    raw = raw.lstrip(b"\r\n") if raw[:1] in (b"\r", b"\n") else raw
    if _MBOX_LINE.match(raw):
        raw = raw.partition(b"\n")[2]
    end = header_end(raw)
    head = raw[:end]
    mended = _mended(head, defects)
    if len(mended) > HEADER_BLOCK:
        mended = _capped(mended, defects)
    return raw if mended is head else mended + raw[end:]


def _mended(head: bytes, defects: Defects) -> bytes:
    """Indents a line that broke out of its header, where known headers still follow; undoes `Subject : x`.

    A parameter that stands on a line of its own, after a semicolon, belongs to the header above it.
    """
    mended = _SPACE_BEFORE_COLON.sub(rb"\1:", head) if b" :" in head or b"\t:" in head else head
    lines = mended.splitlines(keepends=True)
    stray = [index for index, line in enumerate(lines) if line[:1] not in b" \t" and not _HEADER_LINE.match(line)]
    loose = [
        index for index in stray if index and _PARAMETER.match(lines[index]) and _OPEN_END.search(lines[index - 1])
    ]
    if loose:
        for index in loose:
            lines[index] = b" " + lines[index]
        mended = b"".join(lines)
        stray = sorted(set(stray) - set(loose))
    known_ahead = sum(1 for line in lines[1:_MOST_LINES_AHEAD] if _KNOWN.match(line)) if stray == [0] else 0
    if known_ahead > 1 or (known_ahead and _EIGHT_BIT_NAME.match(lines[0])):
        # A name in 8-bit letters, or rubbish before the header.
        defects.add("header_broken")
        lines[0] = b"X-Unreadable: " + lines[0]
        mended, stray = b"".join(lines), stray[1:]
    last_known = max((index for index, line in enumerate(lines) if _KNOWN.match(line)), default=-1) if stray else -1
    if not stray or not 0 < stray[0] < last_known:
        return head if mended == head else mended
    defects.add("header_broken")
    for index in stray:
        if 0 < index < last_known:
            lines[index] = b" " + lines[index]
    return b"".join(lines)


def _capped(head: bytes, defects: Defects) -> bytes:
    """Cuts a header beyond HEADER_BLOCK field by field; what is no header (a text without one) stays whole."""
    lines = head.splitlines(keepends=True)
    body = next(
        (i for i, line in enumerate(lines) if line[:1] not in b" \t" and not _HEADER_LINE.match(line)), len(lines)
    )
    out: list[bytes] = []
    total = field = 0
    for line in lines[:body]:
        field = field + len(line) if line[:1] in b" \t" else len(line)
        kept = line if len(line) <= HEADER_VALUE else line[: HEADER_VALUE - 2] + b"\r\n"
        if total + len(kept) <= HEADER_BLOCK and (field <= HEADER_VALUE or field == len(line)):
            out.append(kept)
            total += len(kept)
    if len(out) < body or total < sum(map(len, lines[:body])):
        defects.add("headers_too_long")
    return b"".join(out).rstrip(b"\r\n") + (b"\r\n" if body < len(lines) and out else b"") + b"".join(lines[body:])
