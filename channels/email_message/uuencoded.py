"""Files that old mail programs put into the text itself, uuencoded (IEEE Std 1003.1, `uuencode`)."""

from __future__ import annotations

import re

from channels.email_message.structure import Leaf, OpaqueMessage

# `begin 644 scan.txt`, lines whose first letter tells their length, a line of no length, `end`.
_FILE = re.compile(
    rb"(?m)^begin 0?[0-7]{3} (?P<name>[^\r\n]{1,250})\r?\n(?:[!-M][ -`]{1,90}+[ \t]*\r?\n)*+(?:[ `][ \t]*\r?\n)?"
    rb"end[ \t]*(?:\r?\n|\Z)"
)
_PLAIN = ("", "7bit", "8bit", "binary")
_MOST_FILES = 50


def split_uuencoded(leaf: Leaf) -> tuple[Leaf, list[Leaf]]:
    """Returns a text without the files within it, and the files; in time linear in its length."""
    if leaf.first("content-transfer-encoding").strip().lower() not in _PLAIN:
        return leaf, []
    sent = leaf.message.sent_bytes()
    if b"begin " not in sent:
        return leaf, []
    kept: list[bytes] = []
    files: list[Leaf] = []
    position = 0
    for found in _FILE.finditer(sent):
        if len(files) == _MOST_FILES:
            break
        kept.append(sent[position : found.start()])
        position = found.end()
        files.append(_file(found["name"].strip(), found[0]))
    if not files:
        return leaf, []
    kept.append(sent[position:])
    return Leaf(_like(leaf.message, b"".join(kept)), leaf.default_type, leaf.charset_hint), files


def _file(name: bytes, content: bytes) -> Leaf:
    message = OpaqueMessage()
    message["Content-Type"] = "application/octet-stream"
    message["Content-Transfer-Encoding"] = "x-uuencode"
    label = name.decode("ascii", "surrogateescape").replace("\\", "/").replace('"', "")
    message["Content-Disposition"] = f'attachment; filename="{label}"'
    message.set_payload(content.decode("ascii", "surrogateescape"))
    return Leaf(message, "application/octet-stream")


def _like(message: OpaqueMessage, content: bytes) -> OpaqueMessage:
    copy = OpaqueMessage()
    for name, value in message.raw_items():
        copy.set_raw(name, value)
    copy.set_payload(content.decode("ascii", "surrogateescape"))
    return copy
