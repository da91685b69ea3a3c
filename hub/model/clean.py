"""Cleaning at the edge: what both databases, a header and a file name can hold."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Surrogates cannot be encoded; NUL is refused by PostgreSQL.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HEADER_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_INVISIBLE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"))
_SEPARATORS = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_LABEL_LENGTH = 120
_EXTENSION_LENGTH = 20
# Names that Windows keeps for devices, with any extension.
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def clean_text(text: str) -> str:
    """Returns a text that can be stored: no NUL, surrogate pairs joined, lone ones as U+FFFD, newlines as LF."""
    if text.isascii() and text.isprintable():
        return text  # nothing to clean; a tenth of the searches' time, and most fields of a form are such
    if _UNSTORABLE.search(text):
        text = text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _NEWLINES.sub("\n", text)


def clean_header(text: str) -> str:
    """Returns one line without controls: each run of them (a folded header, an injected one) becomes a space."""
    return _HEADER_BREAKS.sub(" ", clean_text(text)).strip()


def name_of_type(content_type: str) -> str:
    """Returns a name for a file that came without one: `file.ics`, or `file` for a type that nobody knows."""
    return f"file{mimetypes.guess_extension(content_type.partition(';')[0].strip().lower()) or ''}"


def clean_label(filename: str) -> str:
    """Returns a name under which a file may be shown and offered, at most 120 characters, extension kept; or `file`.

    Normalised first (NFKC turns U+FF0F into a slash), then without folders, invisible or direction-changing characters,
    leading dots, and characters that Windows refuses.
    """
    normal = unicodedata.normalize("NFKC", clean_text(filename))
    visible = "".join(char for char in normal if unicodedata.category(char) not in _INVISIBLE)
    name = _SEPARATORS.split(visible)[-1]
    name = " ".join(_FORBIDDEN.sub("_", name).split()).lstrip(". ").rstrip(". ")
    if _DEVICE.match(name):
        name = f"_{name}"
    if len(name) > _LABEL_LENGTH:
        stem, dot, extension = name.rpartition(".")
        if not stem or len(extension) > _EXTENSION_LENGTH:
            stem, dot, extension = name, "", ""
        name = stem[: _LABEL_LENGTH - len(dot) - len(extension)].rstrip(". ") + dot + extension
    return name or "file"
