"""From bytes to text whatever the label says (RFC 6657, the WHATWG Encoding standard's aliases); never raises."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from functools import lru_cache

from hub.model.alphabets import BALTIC, CENTRAL, TURKISH, WESTERN

SAMPLE = 2048
_ASCII = "ascii"
# Labels that mean a superset in practice (encoding.spec.whatwg.org, "names and labels").
_SUPERSETS = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "ms_kanji": "cp932",
    "windows-31j": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
    "cp936": "gb18030", "chinese": "gb18030", "euc-cn": "gb18030", "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949", "korean": "cp949",
    "big5": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs", "iso-8859-1": "latin-1",
    "iso8859-1": "latin-1", "iso_8859-1": "latin-1", "latin1": "latin-1", "us-ascii": _ASCII,
    "ascii": _ASCII, "ansi_x3.4-1968": _ASCII, "iso646-us": _ASCII, "ansi": "latin-1",
    "8859_1": "latin-1", "iso-8859-9": "cp1254", "latin5": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "iso-8859-8-i": "iso8859_8", "iso-8859-8-e": "iso8859_8", "iso-8859-6-i": "iso8859_6",
    "visual": "iso8859_8", "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8",
    "utf8": "utf-8", "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2", "x-mac-centraleurroman": "mac_latin2",
    "koi8": "koi8-r", "koi": "koi8-r", "unicode": "utf-16", "ucs-2": "utf-16", "iso-10646-ucs-2": "utf-16",
    "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-1": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext", "x-euc-jp": "euc_jp", "eucjp-ms": "euc_jp", "euc-jp-ms": "euc_jp",
    "cp51932": "euc_jp", "cp50221": "iso2022_jp_ext", "cp949": "cp949", "ms949": "cp949", "x-windows-949": "cp949",
    "iso-2022-kr": "iso2022_kr", "logical": "iso8859_8", "dos-874": "cp874", "dos-866": "cp866",
    "ibm866": "cp866", "unknown-8bit": "", "x-unknown": "", "unknown": "", "default": "", "default_charset": "",
    "none": "", "binary": "", "8bit": "", "x-user-defined": "",
}  # fmt: skip
# "cp-1250", "win-1251", "x-cp1252", "windows1250".
_CODE_PAGE = re.compile(r"(?:x-)?(?:cp|win|windows|ibm|ms)[-_ ]?(\d{3,4})")
_SEVEN_BIT = ("utf-7", "hz", "iso2022")
# One language, several charsets: a label often names the wrong one of them.
JAPANESE = ("euc_jp", "cp932", "euc_jis_2004")
_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]{4}")
_KANA = re.compile(r"[\u3041-\u30fe]")
_STRICT_FIRST = (
    "cp932",
    "gb18030",
    "cp949",
    "big5",
    "euc",
    "iso2022",
    "hz",
    "utf-16",
    "utf_16",
    "utf-32",
    "utf_32",
    "utf-7",
    "shift",
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = bytes(range(0x80, 0x100))
_ENOUGH_TO_TELL = 24
_CANDIDATES = [
    "cp1252", "cp1251", "koi8-r", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "cp932", "euc_jp",
    "gb18030", "big5", "cp949", "utf-16-le",
]  # fmt: skip
# The six most frequent letters of a language, and its letters in lower case or beginning a word.
_ALPHABETS = {
    "koi8-r": ("оеаинт", re.compile(r"[а-яё]|\b[А-ЯЁ]")),
    "iso8859_5": ("оеаинт", re.compile(r"[а-яё]|\b[А-ЯЁ]")),
    "cp1251": ("оеаинт", re.compile(r"[а-яёіїєґў]|\b[А-ЯЁІЇЄҐЎ]")),
    "cp1253": ("αοιετσ", re.compile(r"[α-ωά-ώ]|\b[Α-ΩΆ-Ώ]")),
    "cp1255": ("יוהלאר", re.compile(r"[א-ת]")),
    "cp1256": ("اليمون", re.compile(r"[ء-ي]")),
}
_LATIN = {"cp1252": WESTERN, "cp1250": CENTRAL, "iso8859_2": CENTRAL, "cp1254": TURKISH, "cp1257": BALTIC}
_FOREIGN = re.compile("[^\x00-\x7f]")
# No sign where it stands between letters: there it is another charset's letter.
_PUNCTUATION = re.compile(
    r"[’·–—\xa0…]|(?<![^\W\d_])[‘‚“”„€£©®°«»‹›•¿¡ºª½¼¾§±×™´²]|[‘‚“”„€£©®°«»‹›•¿¡ºª½¼¾§±×™´²](?![^\W\d_])"
)
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")


def clean_text(text: str) -> str:
    """Returns the text without NUL and lone surrogates, its line ends as LF: what both database engines can hold."""
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    if text.isascii() and "\x00" not in text:
        return text
    return _NOT_TEXT.sub("", text)


@lru_cache(maxsize=512)
def codec_name(label: str) -> str:
    """Returns Python's name of the codec that a charset label means, or "" when it means none."""
    label = label.strip().strip("'\"").strip().lower().removeprefix("charset=")
    label = label.partition("*")[0].partition(",")[0].strip("'\" ;")
    name = _SUPERSETS.get(label, label)
    if not name:
        return ""
    if page := _CODE_PAGE.fullmatch(name):
        name = f"cp{page[1]}"
    for candidate in (name, re.sub(r"^(x-|cs)|[^a-z0-9]+", lambda found: "" if found[1] else "-", name)):
        try:
            info = codecs.lookup(candidate)
        except (LookupError, ValueError, UnicodeError):
            continue
        # Transforms such as "rot13" or "base64" are codecs too, and no charsets; "idna" and "punycode" none for a body.
        if info._is_text_encoding and info.name not in (
            "idna",
            "punycode",
            "raw-unicode-escape",
            "unicode-escape",
            "undefined",
        ):
            return name if candidate == name else candidate
    return ""


def decode(data: bytes, label: str = "") -> tuple[str, str]:
    """Decodes bytes by their label, tolerating a wrong one. Returns the text and a defect code ("" when none)."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return clean_text(data.decode(codec, "replace").removeprefix("\ufeff")), ""
    name = codec_name(label)
    seven_bit = name.startswith(_SEVEN_BIT)
    if data.isascii() and not seven_bit and not name.startswith("utf-16"):
        if b"\x1b$" in data or b"\x1b(" in data:
            return clean_text(data.decode("iso2022_jp_ext", "replace")), "charset_mislabelled"
        return clean_text(data.decode("ascii")), ""
    defect = "" if name or not label else "charset_unknown"
    if name.startswith(_STRICT_FIRST) and (text := _strict(data, name)) is not None:
        # EUC-JP read as Shift JIS is a row of half-width katakana.
        if name == "cp932" and _HALF_WIDTH.search(text) and _is_japanese(other := data.decode("euc_jp", "replace"), 3):
            return clean_text(other), "charset_mislabelled"
        return clean_text(text), ""
    if (text := _strict(data, "utf-8")) is not None:
        return clean_text(text), "" if name == "utf-8" else defect or "charset_mislabelled"
    if name == "utf-8" and (text := _mostly_utf8(data)) is not None:
        return clean_text(text), "charset_broken"
    if name in ("latin-1", _ASCII):
        return clean_text(_guessed(data) if name == _ASCII or _is_foreign(data) else windows_1252(data)), ""
    if name.startswith(("iso2022_jp", *JAPANESE)) and (text := japanese(data)) is not None:
        return clean_text(text), "charset_mislabelled"
    if name and name != "utf-8":
        if (text := _strict(data, name)) is not None:
            return clean_text(text), ""
        return clean_text(_lossy(data, name)), "charset_broken"
    return clean_text(_guessed(data)), defect or "charset_guessed"


def windows_1252(data: bytes) -> str:
    """Decodes Latin-1 as every mail program does: the C1 bytes are Windows-1252 (encoding.spec.whatwg.org)."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in data)


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _lossy(data: bytes, name: str) -> str:
    try:
        return data.decode(name, "replace")
    except (UnicodeError, ValueError):
        return windows_1252(data)


def _mostly_utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - broken - sum(1 for byte in data if byte < 0x80)
    return text if whole >= broken else None


def japanese(data: bytes) -> str | None:
    """Returns unlabelled bytes as Japanese where they have the kana of it, else None."""
    for name in JAPANESE:
        text = _strict(data, name)
        if text is not None and _is_japanese(text, 5):
            return text
    return None


def _is_japanese(text: str, share: int) -> bool:
    """Whether one in `share` of the foreign letters is kana: EUC-JP and GB 2312 use the same bytes."""
    return len(_KANA.findall(text)) * share >= sum(not letter.isascii() for letter in text)


def _is_foreign(data: bytes) -> bool:
    """Whether a third of a text that calls itself Western is not: what programs that know one charset label so."""
    sample = data[: 8 * SAMPLE]
    foreign = len(sample) - len(sample.translate(None, _HIGH))
    return foreign >= _ENOUGH_TO_TELL and foreign * 3 >= len(sample)


def _guessed(data: bytes) -> str:
    """Detection is the last resort: by the letters of a script, or, where most are ASCII, of a language."""
    first = next((index for index, byte in enumerate(data) if byte >= 0x80), 0)
    sample = data[max(0, first - 200) :][:SAMPLE]
    foreign = len(sample) - len(sample.translate(None, _HIGH))
    if foreign * 3 >= len(sample) and (text := japanese(data)) is not None:
        return text
    name = (_by_letters(sample, foreign) if foreign * 3 >= len(sample) else "") or _by_alphabet(sample, foreign)
    if not name and foreign * 3 < len(sample) and foreign < _ENOUGH_TO_TELL:
        return windows_1252(data)
    if not name:
        from charset_normalizer import from_bytes  # heavy, and rarely needed

        best = from_bytes(sample, steps=4, chunk_size=512, cp_isolation=_CANDIDATES).best()
        name = best.encoding if best else ""
    text = _strict(data, name) if name else None
    return text if text is not None else windows_1252(data)


def _by_letters(sample: bytes, foreign: int) -> str:
    """Names the charset in which the sample reads most like its language: frequent letters, and nothing but letters."""
    scores = {}
    for name, (frequent, letters) in _ALPHABETS.items():
        text = sample.decode(name, "replace")
        common = sum(text.count(letter) for letter in frequent)
        strange = sum(1 for letter in letters.sub("", text) if not letter.isascii())
        scores[name] = common - 2 * strange
    name = max(scores, key=scores.__getitem__)
    return name if scores[name] * 4 >= foreign else ""


def _by_alphabet(sample: bytes, foreign: int) -> str:
    """Names the charset in which the foreign letters are those of one language in Latin script, the commonest first."""
    strangers = {name: _strangers(sample.decode(name, "replace"), alphabets) for name, alphabets in _LATIN.items()}
    name = min(strangers, key=strangers.__getitem__)
    return name if strangers[name] * 4 <= foreign else ""


def _strangers(text: str, alphabets: tuple[str, ...]) -> int:
    """Counts the characters beyond ASCII that no single one of the languages writes there."""
    found = Counter(_FOREIGN.findall(_PUNCTUATION.sub("", text).lower()))
    return min(sum(times for letter, times in found.items() if letter not in alphabet) for alphabet in alphabets)
