"""How many parts a text costs, counted as carriers count (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hub.model.graphemes import graphemes
from hub.model.lookalikes import JOINERS, PLAIN

# 3GPP TS 23.038 6.2.1: the default alphabet, without the escape, and 6.2.1.1: the extension table.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = GSM_BASIC | GSM_EXTENSION

# 3GPP TS 23.040 9.2.3.24.1: 140 octets a part; a 6 octet header says which part of how many.
_PART_BITS = 140 * 8
_HEADER_BITS = 6 * 8

# Latin, Cyrillic, punctuation, kana and Han letters: one UTF-16 unit and one cluster each.
_SIMPLE = re.compile(
    "[\n -\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u20a0-\u20bf\u3000-\u3029\u3041-\u3096\u4e00-\u9fff]*"
)

Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text becomes on the air; sizes in bits, `total_bits` with the headers of a text in several parts.

    `characters`: what a reader counts, so a flag or a family is one (in UCS-2; all GSM-7 characters stand alone).
    """

    encoding: Encoding
    parts: int
    characters: int
    message_bits: int
    total_bits: int


def count_parts(text: str) -> Parts:
    """Counts the parts of a text: 160 septets or 70 UTF-16 units alone, 153 or 67 in each of several.

    An escape pair, a surrogate pair or a grapheme cluster is never cut in two. An empty text is one part.
    """
    if _GSM.issuperset(text):
        escaped = GSM_EXTENSION.intersection(text)
        bits = 7 * (len(text) + sum(map(text.count, escaped)))
        if not escaped or bits <= _PART_BITS:
            return _even("GSM-7", 7, bits, characters=len(text))
        return _measure("GSM-7", [14 if char in escaped else 7 for char in text], characters=len(text))
    if _SIMPLE.fullmatch(text):
        return _even("UCS-2", 16, 16 * len(text), characters=len(text))
    # A line break is two characters on the phone, though one cluster in UAX #29.
    clusters = [piece for cluster in graphemes(text) for piece in (cluster if cluster == "\r\n" else (cluster,))]
    return _measure("UCS-2", [size for cluster in clusters for size in _ucs2_sizes(cluster)], characters=len(clusters))


def plain_lookalikes(text: str) -> str:
    """Returns the text with typographic look-alikes (curly quotes, dashes, wide letters) as GSM-7 characters.

    What has no plain look-alike stays: letters with their own meaning (ê, Ж, emoji) are never changed. The result
    may be longer than the text; offer it only where `count_parts` says that it saves parts.
    """
    # A letter typed as base and accent (macOS) may be one GSM-7 letter.
    plain = unicodedata.normalize("NFC", text).translate(PLAIN)
    without_joiners = plain.translate(JOINERS)
    return without_joiners if _GSM.issuperset(without_joiners) else plain


def _ucs2_sizes(cluster: str) -> Iterable[int]:
    sizes = [32 if ord(char) > 0xFFFF else 16 for char in cluster]
    # A cluster longer than a part (a letter under a heap of marks) must be cut somewhere: between code points.
    return sizes if sum(sizes) > _PART_BITS - _HEADER_BITS else (sum(sizes),)


def _even(encoding: Encoding, size: int, message_bits: int, *, characters: int) -> Parts:
    """Counts without looking at each character, where all are of one size or one part holds them."""
    if message_bits <= _PART_BITS:
        return Parts(encoding, 1, characters, message_bits, message_bits)
    parts = -(-characters // ((_PART_BITS - _HEADER_BITS) // size))
    return Parts(encoding, parts, characters, message_bits, message_bits + parts * _HEADER_BITS)


def _measure(encoding: Encoding, sizes: list[int], *, characters: int) -> Parts:
    message_bits = sum(sizes)
    if message_bits <= _PART_BITS:
        return Parts(encoding, 1, characters, message_bits, message_bits)
    parts, used = 1, _HEADER_BITS
    for size in sizes:
        if used + size > _PART_BITS:
            parts, used = parts + 1, _HEADER_BITS
        used += size
    return Parts(encoding, parts, characters, message_bits, message_bits + parts * _HEADER_BITS)
