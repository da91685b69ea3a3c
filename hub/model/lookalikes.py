"""Characters that look like one of the GSM 03.38 alphabet, which alone keep a text from being sent in cheap parts.

Three sources: characters which Unicode itself decomposes to plain ones (wide, small, styled, circled, ligatures,
fractions), small capitals by their Unicode names, and the families below, which Unicode leaves apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Families by shape: plain form, and all that a reader takes for it.
_FAMILIES = (
    ('"', "«»“”„‟ʺˮ˝″‶〝〞〟❝❞❠⹂❮❯🙶🙷🙸"),
    ("'", "‘’‛ʹʻʼʽʾʿˈ´`ˊˋ΄᾽᾿῾′‵❛❜ꞌ՚\u0300\u0301\u0312\u0313\u0314\u0315\u030d"),
    ('"', "\u030b\u030e"),
    ("-", "‐‑‒–—―⁃−˗⎯⎼⎻⎺─━╌╍⸺⸻➖\u0335\u0336"),
    ("/", "⧸⁄∕╱⟋⃫\u0337\u0338"),
    ("\\", "∖⧵⧹╲⟍\u20e5"),
    ("_", "‗⎽\u0332\u0331\u0333\u0347"),
    ("|", "¦ǀ∣│┃⎸⎹⏐❘❙❚╎╏\u20d2\u20d3"),
    ("!", "ǃ❕❗"),
    ("?", "❓❔"),
    ("#", "♯"),
    ("%", "٪"),
    ("*", "∗⁎٭⋆•‣◦●▪✢✣✤✥✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋\u20f0\u0359"),
    ("+", "˖➕\u031f"),
    (",", "‚❟⸲ꓹ¸、،\u0326\u0327"),
    (".", "․·∙‧⋅。\u0323"),
    (":", "∶ː˸꞉⦂׃"),
    (";", "⁏"),
    ("=", "═꞊゠⹀"),
    ("^", "ˆ‸ꞈ\u0302\u032d"),
    ("~", "˜˷∼∽〜⁓\u0303\u0330\u0334\u033e"),
    ("(", "❨❪⟮⸨"),
    (")", "❩❫⟯⸩"),
    ("[", "❲⟦〚【〔"),
    ("]", "❳⟧〛】〕"),
    ("{", "❴⦃"),
    ("}", "❵⦄"),
    ("<", "‹˂❬❰⟨〈⟪《"),
    (">", "›˃❭❱⟩〉⟫》"),
    ("x", "×✕✖"),
    ("&", "⅋"),
)
_WORDS = {
    **{"©": "(c)", "®": "(R)", "™": "TM", "℠": "SM", "№": "No", "ª": "a", "º": "o", "≤": "<=", "≥": ">="},
    **{"→": "->", "←": "<-", "⇒": "=>", "➔": "->", "➜": "->", "÷": "/", "⦅": "(", "⦆": ")", "`": "'"},
    # The default alphabet holds only the Greek capitals that have no Latin twin: it was made to be used so.
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
}
_BREAKS = "\x0b\x85\u2028\u2029"
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u20e3"
_DIRECTIONS = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))

# Joiners and variation selectors: they shape an emoji or a Persian word, and mean nothing among plain letters.
JOINERS = dict.fromkeys(map(ord, "\u200c\u200d\ufe0e\ufe0f"), "")

# Blocks whose characters Unicode decomposes to plain ones. Super- and subscripts stay: 10² is not 102.
_DECOMPOSED = (
    *((0xBC, 0xBE), (0x1C4, 0x1CC), (0x1F1, 0x1F3), (0x2024, 0x2026), (0x203C, 0x203C), (0x2047, 0x2049)),
    *((0x2100, 0x214F), (0x2150, 0x217F), (0x2460, 0x24EA), (0x2A74, 0x2A76), (0xFB00, 0xFB06), (0xFB29, 0xFB29)),
    *((0xFE10, 0xFE6B), (0xFF01, 0xFFEE), (0x1D400, 0x1D7FF), (0x1F100, 0x1F12B), (0x3250, 0x325F)),
)
_SMALL_CAPITALS = ((0x0250, 0x02AF), (0x1D00, 0x1D25), (0xA730, 0xA7FF))
_SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "


def _span(blocks: Iterable[tuple[int, int]]) -> Iterable[int]:
    return (code for first, last in blocks for code in range(first, last + 1))


def _build() -> dict[int, str]:
    plain = {ord(char): target for target, family in _FAMILIES for char in family}
    plain |= {ord(char): target for char, target in _WORDS.items()}
    for code in _span(_SMALL_CAPITALS):
        name = unicodedata.name(chr(code), "")
        letter = name.removeprefix(_SMALL_CAPITAL)
        if name.startswith(_SMALL_CAPITAL) and len(letter) == 1:
            plain[code] = letter
    for code in _span(_DECOMPOSED):
        target = unicodedata.normalize("NFKC", chr(code)).translate(plain)
        if code not in plain and target != chr(code) and target.isascii():
            plain[code] = target
    for code in range(0x3000 + 1):
        if unicodedata.category(chr(code)) == "Zs" and code != 0x20:
            plain[code] = " "
    # WHATWG Encoding: C1 controls in a text are windows-1252 read as Latin-1.
    for code in range(0x80, 0xA0):
        readable = bytes([code]).decode("cp1252", "ignore")
        plain[code] = readable.translate(plain) if readable.translate(plain).isascii() or readable == "€" else ""
    plain |= {code: "" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\r\f"}
    plain |= {ord(char): "" for char in _INVISIBLE + _DIRECTIONS}
    return plain | {0x09: " "} | {ord(char): "\n" for char in _BREAKS}


PLAIN = _build()
