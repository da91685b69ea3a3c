"""Files that mail programs put into the text itself: uuencoded (IEEE Std 1003.1, `uuencode`) or in yEnc (1.3)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from channels.email_message.opaque import OpaqueMessage
from channels.email_message.structure import Leaf

# `begin 644 scan.txt`, lines whose first letter tells their length, a line of no length, `end`.
_FILE = re.compile(
    rb"(?m)^begin 0?[0-7]{3} (?P<name>[^\r\n]{1,250})\r?\n(?:[!-M][ -`]{1,90}+[ \t]*\r?\n)*+(?:[ `][ \t]*\r?\n)?"
    rb"end[ \t]*(?:\r?\n|\Z)"
)
# `=ybegin line=128 size=5 name=scan.txt`, bytes shifted by 42, `=yend size=5`.
_YENC = re.compile(
    rb"(?m)^=ybegin [^\r\n]{0,200}?name=(?P<name>[^\r\n]{1,250})\r?\n(?:=ypart [^\r\n]{0,200}\r?\n)?"
    rb"(?P<content>(?:(?!=y)[^\n]*\n)*+)=yend[^\n]*(?:\n|\Z)"
)
_SHIFTED = bytes((byte - 42) % 256 for byte in range(256))
_ESCAPED = re.compile(rb"=(.)", re.DOTALL)
_PLAIN = ("", "7bit", "8bit", "binary")
_MOST_FILES = 50


def split_uuencoded(leaf: Leaf) -> tuple[Leaf, list[Leaf]]:
    """Returns a text without the files within it, and the files; in time linear in its length."""
    if leaf.first("content-transfer-encoding").strip().lower() not in _PLAIN:
        return leaf, []
    sent = leaf.message.sent_bytes()
    files: list[Leaf] = []
    if b"begin " in sent:
        sent = _without(_FILE, sent, lambda found: files.append(_file(found["name"], found[0])))
    if b"=ybegin " in sent:
        sent = _without(_YENC, sent, lambda found: files.append(_yenc_file(found["name"], found["content"])))
    return (Leaf(_like(leaf.message, sent), leaf.default_type, leaf.charset_hint), files) if files else (leaf, [])


def _without(pattern: re.Pattern[bytes], sent: bytes, take: Callable[[re.Match[bytes]], None]) -> bytes:
    kept: list[bytes] = []
    position = 0
    for number, found in enumerate(pattern.finditer(sent)):
        if number == _MOST_FILES:
            break
        kept.append(sent[position : found.start()])
        position = found.end()
        take(found)
    return b"".join([*kept, sent[position:]])


def _yenc_file(name: bytes, content: bytes) -> Leaf:
    joined = content.replace(b"\r", b"").replace(b"\n", b"")
    plain = _ESCAPED.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), joined).translate(_SHIFTED)
    return _file(name, base64.b64encode(plain), encoding="base64")


def _file(name: bytes, content: bytes, *, encoding: str = "x-uuencode") -> Leaf:
    message = OpaqueMessage()
    message["Content-Type"] = "application/octet-stream"
    message["Content-Transfer-Encoding"] = encoding
    label = name.strip().decode("ascii", "surrogateescape").replace("\\", "/").replace('"', "")
    message["Content-Disposition"] = f'attachment; filename="{label}"'
    message.set_payload(content.decode("ascii", "surrogateescape"))
    return Leaf(message, "application/octet-stream")


def _like(message: OpaqueMessage, content: bytes) -> OpaqueMessage:
    copy = OpaqueMessage()
    for name, value in message.raw_items():
        copy.set_raw(name, value)
    copy.set_payload(content.decode("ascii", "surrogateescape"))
    return copy
