"""What a reader sees as one character (Unicode UAX #29, extended grapheme clusters, GB3 to GB13)."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

_ZWJ = "\u200d"

# Extended_Pictographic of Unicode's emoji-data.txt, as first and last code points.
_PICTOGRAPHIC = (
    *((0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139)),
    *((0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328), (0x2388, 0x2388), (0x23CF, 0x23CF)),
    *((0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB), (0x25B6, 0x25B6), (0x25C0, 0x25C0)),
    *((0x25FB, 0x25FE), (0x2600, 0x2605), (0x2607, 0x2612), (0x2614, 0x2685), (0x2690, 0x2705), (0x2708, 0x2712)),
    *((0x2714, 0x2714), (0x2716, 0x2716), (0x271D, 0x271D), (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734)),
    *((0x2744, 0x2744), (0x2747, 0x2747), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757)),
    *((0x2763, 0x2767), (0x2795, 0x2797), (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2934, 0x2935)),
    *((0x2B05, 0x2B07), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D)),
    *((0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1F0FF), (0x1F10D, 0x1F10F), (0x1F12F, 0x1F12F)),
    *((0x1F16C, 0x1F171), (0x1F17E, 0x1F17F), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F1AD, 0x1F1E5)),
    *((0x1F201, 0x1F20F), (0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F), (0x1F232, 0x1F23A), (0x1F23C, 0x1F23F)),
    *((0x1F249, 0x1F3FA), (0x1F400, 0x1F53D), (0x1F546, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F774, 0x1F77F)),
    *((0x1F7D5, 0x1F7FF), (0x1F80C, 0x1F80F), (0x1F848, 0x1F84F), (0x1F85A, 0x1F85F), (0x1F888, 0x1F88F)),
    *((0x1F8AE, 0x1F8FF), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1FAFF), (0x1FC00, 0x1FFFD)),
)
_STARTS = tuple(first for first, _ in _PICTOGRAPHIC)

# Prepend: signs written before the letter which they belong to (Arabic and Indic number signs).
_PREPEND = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd")
# Mc that Unicode leaves outside SpacingMark.
_NO_SPACING_MARK = frozenset("\u102b\u102c\u1038\u1062\u1063\u1064\u1067\u1068\u1069\u106a\u106b\u106c\u106d\u1083")


def _is_pictographic(code: int) -> bool:
    at = bisect_right(_STARTS, code) - 1
    return at >= 0 and code <= _PICTOGRAPHIC[at][1]


@lru_cache(maxsize=4096)
def _break_class(char: str) -> str:
    code = ord(char)
    if char == _ZWJ:
        return "ZWJ"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "Regional_Indicator"
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F or char in "\u200c\uff9e\uff9f":
        return "Extend"
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    if char in _PREPEND:
        return "Prepend"
    if _is_pictographic(code):
        return "Pictographic"
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp") or (category == "Cf" and char != "\u00ad"):
        return "Control"
    if category in ("Mn", "Me"):
        return "Extend"
    if category == "Mc":
        return "Other" if char in _NO_SPACING_MARK else "SpacingMark"
    return "SpacingMark" if char in "\u0e33\u0eb3" else "Other"


_HANGUL = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",)}


def graphemes(text: str) -> Iterator[str]:
    """Yields the grapheme clusters of a text; joined together they are the text. CR LF stays one cluster."""
    start, previous, flags, emoji = 0, "", 0, False
    for at, char in enumerate(text):
        kind = _break_class(char)
        if at and _breaks(text[at - 1], previous, char, kind, flags, emoji):
            yield text[start:at]
            start, flags, emoji = at, 0, False
        flags = flags + 1 if kind == "Regional_Indicator" else 0
        emoji = kind == "Pictographic" or (emoji and kind in ("Extend", "ZWJ"))
        previous = kind
    if text:
        yield text[start:]


def _breaks(before: str, previous: str, char: str, kind: str, flags: int, emoji: bool) -> bool:
    if before == "\r" and char == "\n":
        return False
    if previous == "Control" or kind == "Control":
        return True
    if kind in ("Extend", "ZWJ", "SpacingMark") or previous == "Prepend":
        return False
    if previous == "ZWJ" and kind == "Pictographic":
        return not emoji
    if previous == "Regional_Indicator" and kind == "Regional_Indicator":
        return flags % 2 == 0
    return kind not in _HANGUL.get(previous, ())
