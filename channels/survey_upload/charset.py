"""Which encoding a text file is in: its mark, else UTF-8 if all of it is, else what makes sense of its letters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from hub.model.alphabets import BALTIC, CENTRAL, TURKISH, WESTERN
from hub.model.errors import Unreadable

CHUNK = 1 << 20
_EVIDENCE = 1 << 15
_LONGEST_LINE = 1 << 16
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_MARKS = frozenset("\u00a0’‘‚“”„–—…€£©®°«»‹›•·¿¡ºª½¼¾§±×™´²‰№、。，！？・「」،؛؟")
_JOINING = frozenset("’·–—\u00a0…")

_RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
_GREEK = "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋς"
_HEBREW = "".join(map(chr, range(0x5D0, 0x5EB)))
_ARABIC = "".join(map(chr, range(0x621, 0x64B)))
_KANA = "".join(map(chr, range(0x3041, 0x30FF)))
_HAN = "".join(map(chr, range(0x4E00, 0x9FA6)))
_HANGUL = "".join(map(chr, range(0xAC00, 0xD7A4)))

_LANGUAGES: dict[str, tuple[str, ...]] = {  # the commonest first: it wins where the evidence is equal
    "cp1252": WESTERN,
    "cp1250": CENTRAL,
    "iso8859_2": CENTRAL,
    "cp1251": (_RUSSIAN, _UKRAINIAN),
    "koi8_u": (_RUSSIAN, _UKRAINIAN),
    "cp866": (_RUSSIAN,),
    "cp1253": (_GREEK,),
    "cp1254": TURKISH,
    "cp1255": (_HEBREW,),
    "cp1256": (_ARABIC,),
    "cp1257": BALTIC,
    "mac_roman": WESTERN,
    "cp932": (_KANA + _HAN,),
    "euc_jp": (_KANA + _HAN,),
    "euc_kr": (_HANGUL,),
    "gb2312": (_HAN,),
    "big5": (_HAN,),
}
_WIDER = {"gb2312": "gb18030", "euc_kr": "cp949", "big5": "cp950"}  # decode the rare letters of the same family too
_NEEDS_KANA = frozenset({"cp932", "euc_jp"})
# The letters of which most of a text consists. Scripts share their bytes: only these tell one from another.
_COMMON = {
    "cp1251": frozenset("оеаинтсрвл"),
    "koi8_u": frozenset("оеаинтсрвл"),
    "cp866": frozenset("оеаинтсрвл"),
    "cp1253": frozenset("αοιετνσηρυόίέά"),
    "cp1255": frozenset("יוהלארמתבש"),
    "cp1256": frozenset("اليمنوترب"),
    "euc_kr": frozenset("이다는에의가을하고지요어습니은도해서리로"),
    "gb2312": frozenset("的一是不了在有人我他这个们中来上大为和好很没到说时要就出会可也你对能"),
    "big5": frozenset("的一是不了在有人我他這個們中來上大為和好很沒到說時要就出會可也你對能"),
}
_RARE_LETTERS_COST = 0.1


@dataclass(frozen=True, slots=True)
class Charset:
    """`codec` is Python's name; `utf-8-sig` reads UTF-8 with and without the mark, so it stands for both."""

    codec: str
    bom: bool = False


def detect(file: Path) -> Charset:
    """Returns the charset of a text file, reading it as a stream.

    Raises Unreadable when the file is empty or holds no text.
    """
    with file.open("rb") as stream:
        head = stream.read(1 << 16)
    if not head.strip(b"\r\n\t \x00"):
        raise Unreadable("The file is empty.", next_step="Export the survey again and upload that file.")
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return Charset(codec, bom=True)
    if wide := _utf_16_without_bom(head):
        return Charset(wide)
    if len(_CONTROL.findall(head)) > len(head) // 100:
        raise Unreadable("The file is no table of text.", next_step="Upload the export as CSV, TSV or XLSX.")
    return _utf_8(file) or Charset(_by_language(_lines_with_high_bytes(file)))


def _utf_16_without_bom(head: bytes) -> str:
    half = max(1, len(head) // 2)
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > half // 4 and odd > 8 * even:
        return "utf-16-le"
    return "utf-16-be" if even > half // 4 and even > 8 * odd else ""


def _utf_8(file: Path) -> Charset | None:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    ascii_only = True
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                ascii_only = ascii_only and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", True)
    except UnicodeDecodeError:
        return None
    return Charset("ascii" if ascii_only else "utf-8-sig")


def _lines_with_high_bytes(file: Path) -> bytes:
    return b"\n".join(_evidence(file))


def _evidence(file: Path) -> Iterator[bytes]:
    taken = 0
    with file.open("rb") as stream:
        while taken < _EVIDENCE and (line := stream.readline(_LONGEST_LINE)):
            if not line.isascii():
                taken += len(line)
                yield line


def _by_language(evidence: bytes) -> str:
    high = len(_HIGH.findall(evidence))
    in_sequences = sum(map(len, _UTF8_SEQUENCE.findall(evidence)))
    if in_sequences > 0.8 * high:  # UTF-8 with a few broken bytes: a cut end, or one pasted cell
        return "utf-8-sig"
    best = max(_LANGUAGES, key=lambda codec: _fit(evidence.decode(codec, "replace"), codec))
    return _WIDER.get(best, best)


def _fit(text: str, codec: str) -> float:
    letters = sum(character > "\x7f" for character in text) or 1
    # Japanese without kana is Latin text misread: its byte pairs make rare ideographs.
    if codec in _NEEDS_KANA and 5 * sum("\u3041" <= character <= "\u30ff" for character in text) < letters:
        return -3.0
    flips = sum(_clash(before, after) for before, after in pairwise(text))
    missing = min(_outside(text, frozenset(alphabet + alphabet.upper())) for alphabet in _LANGUAGES[codec])
    return 1.0 - (3 * missing + 2 * flips) / letters - _RARE_LETTERS_COST * _rare(text, codec)


def _rare(text: str, codec: str) -> float:
    """Returns the share of letters that are not among the language's commonest; 0 where they are not known."""
    common = _COMMON.get(codec)
    letters = [character for character in text.lower() if character > "\x7f" and character.isalpha()]
    if common is None or not letters:
        return 0.0
    return sum(letter not in common for letter in letters) / len(letters)


def _clash(before: str, after: str) -> bool:
    """True where a word turns to capitals in its middle, or from Latin to another script."""
    if before.isascii() == after.isascii() or not (before.isalpha() and after.isalpha()):
        return not before.isascii() and not after.isascii() and before.islower() and after.isupper()
    return (before.islower() and after.isupper()) or max(before, after) >= "\u0370"


def _outside(text: str, alphabet: frozenset[str]) -> int:
    """Counts the characters beyond ASCII that the language does not write there."""
    padded = f" {text} "
    return sum(
        here > "\x7f"
        and here not in alphabet
        and not (here in _MARKS and (here in _JOINING or not (padded[at].isalpha() and padded[at + 2].isalpha())))
        for at, here in enumerate(text)
    )
