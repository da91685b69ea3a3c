"""From bytes to a tree of parts: the standard library's compat32 parser, with what trips it put right first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.feedparser import BytesFeedParser
from email.message import Message
from functools import cached_property
from typing import TYPE_CHECKING, cast

from channels.email_message.headers import Defects, fields
from channels.email_message.limits import DEPTH, HEADER_BLOCK, HEADER_VALUE, PARTS, header_end
from channels.email_message.params import parameters
from channels.email_message.transfer import undo
from hub.model.errors import Unreadable

_HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
_MBOX_LINE = re.compile(rb">?From (?![ \t]{0,20}:)")
_SPACE_BEFORE_COLON = re.compile(rb"(?m)^([!-9;-~]{1,80})[ \t]{1,20}:")
_KNOWN = re.compile(
    rb"(?im)^(from|to|cc|subject|date|message-id|mime-version|content-[a-z-]{1,40}|received|reply-to|return-path|x-[a-z-]{1,60}):"
)
_BARE_TYPES = {"": "text/plain", "text": "text/plain", "plain": "text/plain", "html": "text/html"}
_MAIN_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}")
_LOOKS_LIKE_DELIMITER = re.compile(rb"(?mi)^--([^\s-][^\r\n]{0,200}|-[^\r\n]{1,200}?)[ \t]*\r?\n(?=content-)")


if TYPE_CHECKING:
    _Message = Message[str, str]  # generic in its stubs only
else:
    _Message = Message


_TOO_DEEP = (
    f"The parts of this mail nest more than {DEPTH} deep, as no mail program writes them. Its raw bytes are kept: look"
    " at them, or ask the sender for a simpler mail."
)


class OpaqueMessage(_Message):
    """A message whose message/* parts stay bytes: an attached mail is kept as it was, and cannot nest without end."""

    _kind: str | None = None
    _payload: object

    def get_content_type(self) -> str:
        # The parser asks several times a part, after the part's header is whole.
        if self._kind is None:
            kind = super().get_content_type()
            self._kind = "application/octet-stream" if kind.startswith("message/") else kind
        return self._kind

    def sent_bytes(self) -> bytes:
        """The part's body as it was sent. `get_payload` would decode it by its label and lose what does not fit."""
        return self._payload.encode("ascii", "surrogateescape") if isinstance(self._payload, str) else b""

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]


@dataclass(frozen=True, eq=False)
class Leaf:
    """One part of the tree that is no multipart, and how it stands there."""

    message: OpaqueMessage
    default_type: str
    charset_hint: str = ""

    @cached_property
    def header(self) -> dict[str, list[str]]:
        return fields(self.message)

    def first(self, name: str) -> str:
        return self.header.get(name, [""])[0]

    @cached_property
    def type_parameters(self) -> tuple[str, dict[str, str]]:
        content_type, found = parameters(self.first("content-type"))
        match = _MAIN_TYPE.match(content_type)
        # RFC 2045 5.2: what cannot be read is plain text; programs write half a type.
        return match[0] if match else _BARE_TYPES.get(content_type, "application/octet-stream"), found

    @cached_property
    def content_type(self) -> str:
        return self.type_parameters[0] if self.first("content-type").strip() else self.default_type

    @cached_property
    def disposition(self) -> tuple[str, dict[str, str]]:
        return parameters(self.first("content-disposition"))

    @property
    def sent_name(self) -> str:
        own, of_type = self.disposition[1], self.type_parameters[1]
        return own.get("filename") or of_type.get("name") or own.get("name") or of_type.get("filename") or ""

    def content(self, defects: Defects) -> bytes:
        return undo(self.message.sent_bytes(), self.first("content-transfer-encoding").partition(";")[0], defects)


@dataclass(frozen=True)
class Multipart:
    subtype: str
    children: tuple[Leaf | Multipart, ...]


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
    """Indents a line that broke out of its header, where known headers still follow; undoes `Subject : x`."""
    mended = _SPACE_BEFORE_COLON.sub(rb"\1:", head) if b" :" in head or b"\t:" in head else head
    lines = mended.splitlines(keepends=True)
    stray = [index for index, line in enumerate(lines) if line[:1] not in b" \t" and not _HEADER_LINE.match(line)]
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


def parse(raw: bytes) -> OpaqueMessage:
    """Parses prepared bytes; attached mails stay bytes. Raises Unreadable where parts nest too deep to follow."""
    parser = BytesFeedParser(OpaqueMessage)
    try:
        parser.feed(raw)
        return parser.close()
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None


def tree(message: OpaqueMessage, defects: Defects) -> Leaf | Multipart:
    """Returns the parts of a message, at most PARTS of them; `defects` says what was left out.

    Raises Unreadable where they nest deeper than DEPTH.
    """
    budget = [PARTS]
    return _node(message, "text/plain", 0, budget, defects)


def _node(message: OpaqueMessage, default: str, depth: int, budget: list[int], defects: Defects) -> Leaf | Multipart:
    subtype = message.get_content_subtype() if message.get_content_maintype() == "multipart" else ""
    children = list(_children(message, defects)) if subtype else []
    if not children:
        return Leaf(message, "text/plain" if subtype else default)
    if depth >= DEPTH:
        raise Unreadable(_TOO_DEEP)
    inner = "message/rfc822" if subtype == "digest" else "text/plain"
    nodes: list[Leaf | Multipart] = []
    for child in children:
        if budget[0] == 0:
            defects.add("too_many_parts")
            break
        budget[0] -= 1
        nodes.append(_node(child, inner, depth + 1, budget, defects))
    return Multipart(subtype, tuple(nodes))


def _children(message: OpaqueMessage, defects: Defects) -> Iterator[OpaqueMessage]:
    if message.is_multipart():
        yield from cast("list[OpaqueMessage]", message.get_payload())
        return
    # No boundary, or another one than declared: the first line that looks like a delimiter before a part's header.
    defects.add("boundary_missing")
    text = message.sent_bytes()
    guess = _LOOKS_LIKE_DELIMITER.search(text)
    if guess:
        boundary = guess[1].strip().replace(b'"', b"")
        again = parse(b'Content-Type: multipart/mixed; boundary="%s"\n\n' % boundary + text)
        if again.is_multipart():
            yield from cast("list[OpaqueMessage]", again.get_payload())
