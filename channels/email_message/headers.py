"""Header values as people wrote them: unfolded, encoded words (RFC 2047) and raw 8-bit decoded, one line each."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

from channels.email_message.charset import decode
from channels.email_message.limits import ENCODED_WORDS, HEADER_VALUE

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_WORD_START = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_SMUGGLED = re.compile(r"[\r\n](?=[^\s])")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))

Defects = set[str]


def fields(message: Message[Any, Any]) -> dict[str, list[str]]:
    """Returns the raw values of a part's header by lower-case name, in order, each at most HEADER_VALUE long."""
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower().rstrip(), []).append(str(value)[:HEADER_VALUE])
    return found


def unfold(value: str) -> str:
    """Joins the lines of a folded header (RFC 5322 2.2.3); bytes stay surrogate-escaped."""
    return _FOLD.sub("", value).strip() if "\n" in value or "\r" in value else value.strip()


def visible(value: str, charset: str = "") -> str:
    """Turns the surrogate-escaped bytes of a raw header into text; encoded words stay as they are.

    ISO-2022-JP shifts with escapes and has no high bytes.
    """
    if value.isascii() and "\x1b" not in value:
        return value
    return decode(value.encode("utf-8", "surrogateescape"), charset)[0]


def decode_header(value: str, defects: Defects, *, charset: str = "", words: int = ENCODED_WORDS) -> str:
    """Decodes one header value into one clean line.

    Adjacent words of one charset are joined as bytes first: mail programs split characters between words against
    RFC 2047 5(3). At most `words` encoded words are decoded. Adds to `defects`: `header_injection` where a decoded
    word carries a line end before more text, `header_control` for other control characters, `encoded_words_limit`.
    """
    value = unfold(value)
    if "=?" not in value:
        return one_line(visible(value, charset), defects)
    text = "".join(_runs(visible(value, charset), defects, words))
    if _SMUGGLED.search(text.strip()):
        defects.add("header_injection")
    return one_line(text, defects)


def one_line(text: str, defects: Defects) -> str:
    """Returns the text without control characters, so that no CR or LF ever reaches a header of ours."""
    if _CONTROL.search(text):
        defects.add("header_control")
        text = _CONTROL.sub(" ", text)
    return text.strip()


def _runs(value: str, defects: Defects, words: int) -> Iterator[str]:
    position, pending_charset = 0, ""
    pending: list[tuple[str, str]] = []
    while start := _WORD_START.search(value, position):
        end = value.find("?=", start.end())
        if end < 0:
            break
        between = value[position : start.start()]
        if words == 0:
            defects.add("encoded_words_limit")
            break
        words -= 1
        charset = start[1].partition("*")[0].lower()  # RFC 2231 5: charset*language
        if (between and not (pending and between.isspace())) or charset != pending_charset:
            yield from _decoded(pending, pending_charset)
            pending, keep = [], not (between.isspace() and pending_charset)
            yield between if keep else ""
        pending.append((start[2].lower(), value[start.end() : end]))
        pending_charset = charset
        position = end + 2
    yield from _decoded(pending, pending_charset)
    yield value[position:] if words else ""


def _decoded(words: list[tuple[str, str]], charset: str) -> Iterator[str]:
    if not words:
        return
    if len(words) > 1 and all(encoding == "b" for encoding, _ in words) and _is_one_stream(words):
        words = [("b", "".join(text for _, text in words))]
    yield decode(b"".join(_word_bytes(encoding, text) for encoding, text in words), charset)[0]


def _is_one_stream(words: list[tuple[str, str]]) -> bool:
    """Whether base64 was cut into words anywhere: no word but the last is whole in itself (against RFC 2047 5)."""
    return any(len(text.strip()) % 4 and "=" not in text for _, text in words[:-1])


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if encoding == "q":
        # A lone = at the end is no soft line break here.
        return binascii.a2b_qp(re.sub(rb"=\Z", b"=3D", data.replace(b"_", b" ")), header=False)
    data = data.replace(b"-", b"+").translate(None, _NOT_BASE64)
    data = data[: len(data) - (len(data) % 4 == 1)]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
