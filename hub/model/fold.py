"""Folding: how two spellings of one word are made equal, for search and for recognising words."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

# Letters which Unicode does not decompose, but people type without their stroke or tail.
_LETTERS = str.maketrans(
    {
        **{"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "n"},
        **{"ı": "i", "ĸ": "k", "ſ": "s", "ǝ": "e", "ɓ": "b", "ɗ": "d", "ɖ": "d", "ƙ": "k", "ɨ": "i", "ʉ": "u"},
        **{"ƒ": "f", "ꝥ": "th", "ŀ": "l", "ŉ": "n"},
    }
)
# Accents, points and invisible format characters. Vowel signs of Indic scripts and kana's voicing marks are marks
# too, but tell words apart: they stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # combining diacritics
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"  # Arabic vowels, tatweel
    "\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]+"
)
# Python's \w knows no vowel signs: the Indic and South-East Asian blocks are added, without the dandas.
_WORD = re.compile(
    r"[\w\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u0f71-\u0fbc\u102b-\u103e\u17b6-\u17d3]+"
)


# A text of ordinary length is cut into words at once, which takes a third; of a book only the beginning is read.
_SHORT = 20_000


def fold(text: str) -> str:
    """Returns the text without case, accents, ligatures and width: `Žluťoučký Straße Ёлка` is `zlutoucky strasse елка`.

    Unicode's casefold and NFKD, then marks are stripped (й becomes и as well), then letters with strokes.
    """
    if text.isascii():
        return text.lower()
    # NFKD before and after: casefold may give composed letters, compatibility forms may hide capitals.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed)).translate(_LETTERS)


def tokens(text: str, limit: int = 32) -> list[str]:
    """Returns at most `limit` different folded words of a text, in order: letters and digits of any script."""
    folded = fold(text).replace("_", " ")
    found: dict[str, None] = {}
    if len(folded) <= _SHORT:
        found = dict.fromkeys(_WORD.findall(folded))
        return list(islice(found, limit))
    for match in _WORD.finditer(folded):
        found.setdefault(match[0])
        if len(found) == limit:
            break
    return list(found)
