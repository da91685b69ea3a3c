"""Translations, read as they are written: Babel takes a second for all of them, which every start would wait for."""

from __future__ import annotations

import io
import re
import struct
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.plurals import get_plural

_LINE = re.compile(r'^(?:(msgid|msgid_plural|msgstr(?:\[\d\])?) )?"(.*)"$', re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}
# https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
_MAGIC, _REVISION, _HEADER_BYTES, _PAIR_BYTES = 0x950412DE, 0, 28, 8


def read(file: Path, language: str) -> GNUTranslations:
    """Returns the messages of a .po file without a header or contexts, as `make messages` writes it.

    The forms of plurals are those of the language. Untranslated messages are left out.
    """
    header = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: {get_plural(language).plural_forms}\n"
    return GNUTranslations(io.BytesIO(_compiled({"": header} | _messages(file.read_text("utf-8")))))


def _messages(text: str) -> dict[str, str]:
    """Returns translations by message; a message of two forms, and its translations, with NUL between the forms."""
    messages: dict[str, str] = {}
    said: dict[str, str] = {}
    field = ""
    for keyword, part in _LINE.findall(text):
        if keyword == "msgid":
            _keep(messages, said)
            said = {}
        field = keyword or field
        if "\\" in part:
            part = _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), part)
        said[field] = said.get(field, "") + part
    _keep(messages, said)
    return messages


def _keep(messages: dict[str, str], said: dict[str, str]) -> None:
    forms = [form for field, form in said.items() if field.startswith("msgstr")]
    if forms and all(forms):
        messages["\0".join(said[field] for field in ("msgid", "msgid_plural") if field in said)] = "\0".join(forms)


def _compiled(messages: dict[str, str]) -> bytes:
    """Returns the messages as a .mo file, which is what Python reads."""
    pairs = sorted((message.encode(), translation.encode()) for message, translation in messages.items())
    count, size = len(pairs), len(pairs) * _PAIR_BYTES
    texts = [message for message, _ in pairs] + [translation for _, translation in pairs]
    places, at = [], _HEADER_BYTES + 2 * size
    for text in texts:
        places += [len(text), at]
        at += len(text) + 1
    head = (_MAGIC, _REVISION, count, _HEADER_BYTES, _HEADER_BYTES + size, 0, _HEADER_BYTES + 2 * size)
    return struct.pack(f"<{len(head) + len(places)}I", *head, *places) + b"".join(text + b"\0" for text in texts)
