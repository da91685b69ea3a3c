"""From bytes to a tree of parts: the standard library's compat32 parser, with what trips it put right first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.feedparser import BytesFeedParser
from functools import cached_property
from typing import cast

from channels.email_message.headers import Defects, fields
from channels.email_message.limits import DEEPEST, DEPTH, PARTS
from channels.email_message.mending import prepared
from channels.email_message.opaque import OpaqueMessage
from channels.email_message.params import parameters
from channels.email_message.transfer import undo
from channels.email_message.well_formed import parse_well_formed
from hub.model.errors import Unreadable

_BARE_TYPES = {
    "": "text/plain",
    "text": "text/plain",
    "text/": "text/plain",
    "plain": "text/plain",
    "html": "text/html",
}
_MAIN_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}")
_LOOKS_LIKE_HTML = re.compile(rb"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_BROKE_OFF = re.compile(
    rb"(?P<parameter>(?:charset|name|boundary|format|filename|type)\*?\d?=\S)|content-[\w-]{1,40}[ \t]{1,20}:",
    re.IGNORECASE,
)
_LOOKS_LIKE_DELIMITER = re.compile(rb"(?mi)^--([^\s-][^\r\n]{0,200}|-[^\r\n]{1,200}?)[ \t]*\r?\n(?=content-)")


_TOO_DEEP = (
    f"The parts of this mail nest more than {DEEPEST} deep, as no mail program writes them. Its raw bytes are kept:"
    " look at them, or ask the sender for a simpler mail."
)


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
    def type_parameters(self) -> tuple[str, Mapping[str, str]]:
        content_type, found = parameters(self.first("content-type"))
        match = _MAIN_TYPE.match(content_type)
        # RFC 2045 5.2: what cannot be read is plain text; programs write half a type.
        return match[0] if match else _BARE_TYPES.get(content_type, "application/octet-stream"), found

    @cached_property
    def content_type(self) -> str:
        return self.type_parameters[0] if self.first("content-type").strip() else self.default_type

    @cached_property
    def disposition(self) -> tuple[str, Mapping[str, str]]:
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


def parse(raw: bytes) -> OpaqueMessage:
    """Parses prepared bytes; attached mails stay bytes. Raises Unreadable where parts nest too deep to follow."""
    message = parse_well_formed(raw)
    if message is not None:
        return message
    parser = BytesFeedParser(OpaqueMessage)
    try:
        parser.feed(raw)
        return parser.close()
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None


def tree(message: OpaqueMessage, defects: Defects) -> Leaf | Multipart:
    """Returns the parts of a message, at most PARTS of them; `defects` says what was left out.

    What nests deeper than DEPTH is one file. Raises Unreadable where parts nest deeper than DEEPEST.
    """
    level, depth = [message], 0
    while level := [child for parent in level if parent.is_multipart() for child in _parsed_children(parent)]:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(_TOO_DEEP)
    # Scripts that know no MIME send HTML without saying so.
    default = "text/html" if _LOOKS_LIKE_HTML.match(message.sent_start()) else "text/plain"
    return _node(message, default, 0, [PARTS], defects)


def _node(message: OpaqueMessage, default: str, depth: int, budget: list[int], defects: Defects) -> Leaf | Multipart:
    message = _whole(message)
    subtype = message.get_content_subtype() if message.get_content_maintype() == "multipart" else ""
    children = _children(message, defects) if subtype else []
    if not children:
        return Leaf(message, "text/plain" if subtype else default)
    if depth >= DEPTH:
        defects.add("too_deep")
        return Leaf(_as_file(message), "application/octet-stream")
    inner = "message/rfc822" if subtype == "digest" else "text/plain"
    nodes: list[Leaf | Multipart] = []
    for child in children:
        if budget[0] == 0:
            defects.add("too_many_parts")
            break
        budget[0] -= 1
        nodes.append(_node(child, inner, depth + 1, budget, defects))
    return Multipart(subtype, tuple(nodes))


def _whole(message: OpaqueMessage) -> OpaqueMessage:
    """Returns a part whose header broke off: a parameter not indented, `Content-Type :`; the rest is in its body."""
    broken = _BROKE_OFF.match(message.sent_start())
    if not broken:
        return message
    items = list(message.raw_items())
    if broken["parameter"] and not (items and str(items[-1][1]).rstrip().endswith(";")):
        return message
    header = "".join(f"{name}: {value}\n" for name, value in items).encode("utf-8", "surrogateescape")
    return parse(prepared(header + message.sent_bytes(), Defects()))


def _as_file(message: OpaqueMessage) -> OpaqueMessage:
    file = OpaqueMessage()
    file["Content-Disposition"] = 'attachment; filename="deeper-parts.eml"'
    file.set_payload(_flat(message))
    return file


def _flat(message: OpaqueMessage) -> str:
    header = "".join(f"{name}: {value}\n" for name, value in message.raw_items())
    if not message.is_multipart():
        return f"{header}\n{message.sent_bytes().decode('ascii', 'surrogateescape')}"
    boundary = message.get_boundary()
    parts = "".join(f"--{boundary}\n{_flat(child)}\n" for child in _parsed_children(message))
    return f"{header}\n{parts}--{boundary}--\n"


def _parsed_children(message: OpaqueMessage) -> list[OpaqueMessage]:
    return cast("list[OpaqueMessage]", message.get_payload())


def _children(message: OpaqueMessage, defects: Defects) -> list[OpaqueMessage]:
    if message.is_multipart():
        return _parsed_children(message)
    defects.add("boundary_missing")
    sent = message.sent_bytes()
    # RFC 2045 6.4 forbids to encode a multipart as a whole; some gateways do.
    text = undo(sent, message.sent_header("content-transfer-encoding"), defects)
    declared = (message.get_boundary() or "").encode("utf-8", "surrogateescape")
    bare = declared.strip(b"'\" ")
    boundary = next((name for name in (bare, b'"%s"' % bare) if bare and b"--" + name in text), b"")
    if boundary == declared and text == sent:
        boundary = b""
    if not boundary and (guess := _LOOKS_LIKE_DELIMITER.search(text)):
        # No boundary, or another one than declared: the first line that looks like a delimiter before a part's header.
        boundary = guess[1].strip()
    if not boundary:
        return []
    quoted = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    head = b'Content-Type: multipart/mixed; boundary="%s"\n\n' % quoted
    again = parse(head + text)
    return _parsed_children(again) if again.is_multipart() else []
