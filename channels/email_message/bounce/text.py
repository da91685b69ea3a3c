"""Bytes of a report as text: charsets, headers, HTML, and the folding under which phrases are compared."""

from __future__ import annotations

import html
import re
import unicodedata
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message

from channels.email_message.charset import japanese

LIMIT = 262_144  # a notice is short; what follows is the returned message

_TAG = re.compile(r"<([a-zA-Z/!][^<>]{0,2000})>")
_BREAKING = re.compile(r"^/?(?:br|p|div|tr|td|th|li|ul|ol|h[1-6]|table|pre|hr|title|body|head)\b", re.IGNORECASE)
_UNTOLD = frozenset({"", "us-ascii", "ascii", "iso-2022-jp"})
_SPACES = re.compile(r"\s+")
_FOLDED_AWAY = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "\u00ad": None, "\u200b": None}
)


def decoded(content: bytes, charset: str = "") -> str:
    """Return text whatever the label says: many mail servers of the nineties send their own charset unlabelled."""
    content = content[:LIMIT]
    ladder = ["iso-2022-jp"] if b"\x1b$" in content else []
    ladder += [charset, "utf-8"] if charset.lower() not in _UNTOLD else ["utf-8"]
    for name in ladder:
        try:
            return content.decode(name).replace("\x00", "")
        except (LookupError, ValueError):  # unknown or wrong label: the next one
            continue
    if charset.lower() in _UNTOLD:
        text = japanese(content)
        if text is None and (text := _strict(content, "gb18030")) is None:
            text = content.decode("cp1252", "replace")
        return text.replace("\x00", "")
    return content.decode("cp1252", "replace").replace("\x00", "")


def _strict(content: bytes, name: str) -> str | None:
    try:
        return content.decode(name)
    except ValueError:
        return None


def header(mail: Message, name: str) -> str:
    """Return one header (`name` in lower case) decoded on one line, or an empty string.

    The raw value is taken: the parser's own access replaces eight-bit text, which old mail servers send.
    """
    value = next((text for key, text in mail.raw_items() if key.lower() == name), None)
    return "" if value is None else header_text(value)


def header_text(value: object) -> str:
    """Return a raw header value decoded on one line."""
    raw = _SPACES.sub(" ", str(value)[:8000])
    if "=?" not in raw:
        return _reencoded(raw).strip()
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw.strip()
    words = [decoded(text, charset or "") if isinstance(text, bytes) else text for text, charset in pieces]
    return _SPACES.sub(" ", "".join(words)).strip()


def _reencoded(value: str) -> str:
    """Decode a raw eight-bit header, which the parser keeps as surrogates."""
    if value.isascii():
        return value
    try:
        return decoded(value.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")


def part_text(part: Message) -> str:
    """Return the text of one leaf part; HTML comes as its visible text."""
    try:
        payload = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError):
        payload = None
    if not isinstance(payload, bytes):
        return ""
    text = decoded(payload, _charset(part))
    return without_tags(text) if part.get_content_type() == "text/html" else text


def _charset(part: Message) -> str:
    try:
        value = part.get_param("charset", "")
    except (ValueError, LookupError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "").strip("\"' ")


def without_tags(source: str) -> str:
    """Return the visible text of HTML; `<ada@example.com>` in a careless bounce is an address, not a tag."""
    source = _without_element(_without_element(source, "style"), "script")

    def replacement(match: re.Match[str]) -> str:
        tag = match[1]
        if "@" in tag and "=" not in tag:
            return match[0]
        return "\n" if _BREAKING.match(tag) else ""

    return html.unescape(_TAG.sub(replacement, source)).replace("\xa0", " ")


def _without_element(source: str, name: str) -> str:
    kept, position, lowered = [], 0, source.lower()
    while (start := lowered.find(f"<{name}", position)) >= 0:
        end = lowered.find(f"</{name}", start)
        kept.append(source[position:start])
        position = end if end >= 0 else len(source)
        if end < 0:
            break
    kept.append(source[position:])
    return "".join(kept)


def folded(text: str) -> str:
    """Return text as phrases are compared: lower case, no accents, plain quotes, single spaces."""
    if not text.isascii():
        text = text.translate(_FOLDED_AWAY)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _SPACES.sub(" ", text.lower().replace("`", "'"))
