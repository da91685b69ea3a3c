"""Parameters of Content-Type and Content-Disposition, by the book (RFC 2045, RFC 2231) or not; and file names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from channels.email_message.charset import decode
from channels.email_message.headers import Defects, decode_header, unfold, visible

LABEL = 150
_REMEMBERED = 1_000
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*?))?\Z")
_BEFORE_PARAMETER = re.compile(r"[\w.+/-]{1,200}(?:[ \t]*,|[ \t]+(?=[\w*]{1,80}[ \t]*=))")
_COMMENT_AFTER = re.compile(r"\s+\([^()]{0,200}\)\s*\Z")
_UNSAFE = re.compile('[\x00-\x1f\x7f<>:"|?*]+')


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """Splits a header value into its first word (lower case) and its decoded parameters; the first of a name counts."""
    # A part is asked for its type several times, and most parts are of a few types.
    return _remembered(value) if len(value) <= _REMEMBERED else _split(value)


def _split(value: str) -> tuple[str, Mapping[str, str]]:
    value = unfold(value)
    value = value.lstrip("; \t") if value.lstrip().startswith(";") and "/" in value.partition("=")[0] else value
    if found := _BEFORE_PARAMETER.match(value):
        # A comma, or nothing, where the first semicolon should be.
        value = f"{value[: found.end()].rstrip(', ' + chr(9))};{value[found.end() :]}"
    head, _, _ = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(";" + value.partition(";")[2]):
        name, text = found[1].lower(), _unquoted(found[2])
        if continued := _CONTINUED.match(name):
            encoded = continued[2] is None or bool(continued[3])
            pieces.setdefault(continued[1], []).append((int(continued[2] or 0), encoded, text))
        else:
            plain.setdefault(name, text)
    for name, found_pieces in pieces.items():
        plain[name] = _joined(found_pieces)
    return head.strip().lower(), plain


_remembered = lru_cache(maxsize=1024)(_split)


def _unquoted(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        # Only these two are undone: Windows programs write C:\TEMP\scan.png without doubling.
        return _ESCAPED.sub(r"\1", text[1:-1] if len(text) > 1 and text.endswith('"') else text[1:])
    return _COMMENT_AFTER.sub("", text)


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset, data = "", b""
    for index, (_, encoded, text) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        if encoded and index == 0 and text.count("'") >= 2 and (parts := text.split("'", 2))[2]:
            charset, _, text = parts
        elif encoded:
            text = text.strip("'")
        raw = text.encode("utf-8", "surrogateescape")
        data += unquote_to_bytes(raw) if encoded else raw
    return decode(data, charset)[0]


def file_label(name: str, defects: Defects) -> str:
    """Returns a sent file name as a label: the last part of a path, nothing invisible, no leading dot, LABEL at most.

    Look-alikes of dots and slashes are normalised before they are looked for (FreeScout CVE-2026-28289).
    """
    if not name:
        return ""
    label = decode_header(name, Defects()) if "=?" in name else visible(name)
    label = unicodedata.normalize("NFC", "".join(_dangerous_made_plain(letter) for letter in label))
    label = label.replace("\\", "/").rstrip("/").rpartition("/")[2]
    label = " ".join(_UNSAFE.sub(" ", label).split()).strip(". ")
    if len(label) > LABEL:
        stem, dot, extension = label.rpartition(".")
        label = f"{stem[: LABEL - 12]}{dot}{extension[:11]}" if dot else label[:LABEL]
    if label != name:
        defects.add("filename_cleaned")
    return label


def _dangerous_made_plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.category(letter) in ("Cf", "Cc", "Cs", "Zl", "Zp"):
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    return plain if any(danger in plain for danger in "./\\") else letter
