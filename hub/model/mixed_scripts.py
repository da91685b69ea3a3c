"""Words typed partly in letters of another script that look the same: `STОР` with Cyrillic О and Р."""

from __future__ import annotations

import re

# Small letters, as folding leaves them, of Cyrillic and Greek beside the Latin ones (Unicode TS 39, confusables).
_CYRILLIC = "авеіјкмнорстухѕ"
_LATIN_OF_CYRILLIC = "abeijkmhopctyxs"
_GREEK = "αβεικμνορτυχ"
_LATIN_OF_GREEK = "abeikmvoptux"
_TO_LATIN = str.maketrans(_CYRILLIC + _GREEK, _LATIN_OF_CYRILLIC + _LATIN_OF_GREEK)
_TO_CYRILLIC = str.maketrans(_LATIN_OF_CYRILLIC, _CYRILLIC)
_OTHER = re.compile("[\u0370-\u052f]")
_MIXED = re.compile("(?=.*[a-z])(?=.*[\u0370-\u052f])|.*ѕ")


def may_be_mixed(text: str) -> bool:
    """Tells whether a folded text has letters that could look like those of another script."""
    return not text.isascii() and _OTHER.search(text) is not None


def unmixed(word: str) -> str:
    """Returns a folded word in one script: Latin where all its letters look Latin, else Cyrillic; others unchanged."""
    if word.isascii() or not _MIXED.match(word):
        return word
    latin = word.translate(_TO_LATIN)
    return latin if latin.isascii() else word.translate(_TO_CYRILLIC)
