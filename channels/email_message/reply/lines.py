"""What a line of a mail's text is by itself: blank, quoted, a rule, or text; each found in bounded time per line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from enum import Enum
from string import ascii_letters, digits
from unicodedata import normalize

# No mail program writes an attribution, a marker or a header label longer than this; a longer line is only ever text.
LONGEST_MARK = 300

_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# str.translate looks up every letter: ten times as long for a line without any of these.
_MARKS = re.compile(f"[{_INVISIBLE}]+")
_SPACE = re.compile("[\xa0\u2007\u2009\u202f]")
_NEWLINES = ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
_QUOTE = re.compile(r"[ \t\xa0\u3000]{0,8}(?:>|&gt;|＞)[ \t]?")
_FACE = re.compile(r"\s{0,8}>(?:[:;]['-]?[()DPpO|\[\]/\\]|[._]<|=\s?\d)")
_NUMBER = re.compile(r"> ?\d")
_COMPARISON = re.compile(r"\n> ?\d")
_BRACKET_ENDS = frozenset(":：->— \t\xa0")
_BRACKET = re.compile(r">(?!>).{0,60}$")
_OPEN_ADDRESS = re.compile(r"<[^<>\s]{0,80}@[^<>\s]{0,80}\s*$")
_ADDRESS_BROKEN = re.compile(r"@[^\s<>]{0,80}[ \t]{0,8}\n>")
_ENCLOSED = re.compile(r">{2,3} ?[^\s>].{4,200} >{2,3}\s*$")
_ENCLOSED_BELOW = re.compile(r"[^\s>].{4,100} >>>\s*$")
_ARMOUR = re.compile(r"-----BEGIN PGP ([A-Z ]{7,20})-----\s*$")
_BAR = re.compile(r"[ \t\xa0]{0,8}[|│┃｜](?=[ \t\xa0]|$)[ \t]?")
_BARS = "|│┃｜"
_DASHES = "-‐‑‒–—―−─━"
_DECORATION = frozenset(_DASHES + "_=#~")
_AROUND_MARKER = _DASHES + "_*=~#+<>[]()|:： \t"
_RULE_MARKS = frozenset(_DASHES + "_*=~#+ᐧ,")
_RULE_ENDS = _RULE_MARKS | frozenset(_INVISIBLE)
_SPACES = " \t\xa0"
_AROUND_WORDS = _AROUND_MARKER + "\xa0\u3000.!。\"'"
_WORDS = frozenset(ascii_letters + digits)
_FACE_STARTS = frozenset(":;._=")
_BAR_STARTS = frozenset(_SPACES + _BARS)


class Kind(Enum):
    BLANK = "blank"
    TEXT = "text"
    QUOTE = "quote"
    ATTRIBUTION = "attribution"
    ARMOUR = "armour"


# For loops over lines: in Python 3.11 a look-up through the class costs several times the comparison itself.
BLANK, TEXT, QUOTE, ATTRIBUTION, ARMOUR = Kind


def with_newlines(text: str) -> str:
    """The text with LF for whichever of the world's line ends it uses."""
    for newline in _NEWLINES:
        if newline in text:
            text = text.replace(newline, "\n")
    return text


def to_lines(text: str) -> list[str]:
    return with_newlines(text).split("\n")


def told(text: str) -> str:
    """The text as phrases are compared: folded, without invisible marks, each letter whole; the same lines."""
    if not text.isascii():
        text = _SPACE.sub(" ", normalize("NFC", _MARKS.sub("", text)))
    return folded(text)


class Beginnings:
    """What some words begin with: tells of nearly every line, by its first letters, that none of them begins it."""

    def __init__(self, words: Collection[str]) -> None:
        self._three = frozenset(word[:3] for word in words)
        self._one = frozenset(word[0] for word in words if not (len(word) > 2 and word[:3].isalpha()))

    def among(self, told: Sequence[str], numbers: Iterable[int]) -> list[int]:
        """Those of the numbered lines that one of the words may begin, perhaps after decoration: rather too many."""
        three = self._three
        found = []
        for i in numbers:
            head = told[i][:3]
            if head in three or (not (head.isalpha() and head.isascii()) and self._may_begin(head, told[i])):
                found.append(i)
        return found

    def _may_begin(self, head: str, line: str) -> bool:
        first = head[:1]
        if first in self._one:
            return True
        if first.isalnum():
            return False
        core = line[:LONGEST_MARK].lstrip(_SPACES + ">*")
        if first == "|" or _DECORATION.issuperset(core[:2]):
            return True
        under = core.lstrip(_AROUND_WORDS)[:3]
        return under in self._three or under[:1] in self._one or not under[:1].isalnum()


def bare(line: str) -> str:
    """The line without invisible marks (such as of direction), its white space folded, cut beyond a mark's length."""
    head = line[: LONGEST_MARK + 1]
    if not head.isascii():
        # Apple writes accents as marks of their own; the tables hold whole letters.
        head = normalize("NFC", _MARKS.sub("", head))
    return " ".join(head.split())


def folded(text: str) -> str:
    """The text in the case of the tables; the Turkish dotted capital I leaves no dot behind."""
    return text.casefold().replace("i\u0307", "i")


def is_blank(line: str) -> bool:
    """Tells whether a line shows nothing: white space and invisible characters only."""
    if not line or line.isspace():
        return True
    return not line[0].isascii() and not _MARKS.sub("", line[:LONGEST_MARK]).strip()


def unquote(line: str) -> str:
    """The line without one level of quoting."""
    prefix = _QUOTE.match(line) or _BAR.match(line)
    return line[prefix.end() :] if prefix else line


def unquoted(text: str) -> str:
    """The text without one level of quoting where every line has one, otherwise as it is."""
    lines = text.strip("\n").split("\n")
    return "\n".join(map(unquote, lines)) if all(map(is_quoted, lines)) else text


def is_quoted(line: str) -> bool:
    """Whether the line carries a quote mark; the closing `<` of `>>> link <<<` and faces such as `>:(` are text."""
    return (">" in line or "&gt;" in line or "＞" in line) and bool(_QUOTE.match(line)) and not _FACE.match(line)


def is_rule(line: str) -> bool:
    """Whether the line is nothing but marks such as dashes, underscores or stars; a lone dash or star is not."""
    if line[:1] in _WORDS:
        return False
    core = line[:LONGEST_MARK].strip()
    if not core or core[-1] not in _RULE_ENDS or len(line) > LONGEST_MARK:
        return False
    core = _MARKS.sub("", core).replace(" ", "")
    if not core or not _RULE_MARKS.issuperset(core):
        return False
    return len(core) > 1 or core in "—ᐧ―"


def find_rules(lines: Sequence[str], texts: Iterable[int]) -> frozenset[int]:
    """Those of the lines `texts` that are rules."""
    return frozenset([i for i in texts if lines[i][0] not in _WORDS and is_rule(lines[i])])


def is_decorated(line: str) -> bool:
    """Whether the line starts with two or more dashes, underscores or the like, as markers over older mails do."""
    if line[:1] in _WORDS:
        return False
    core = line[:LONGEST_MARK].strip(_SPACES + ">*")
    return core != "" and _DECORATION.issuperset(core[:2])


def undecorated(line: str) -> str:
    """What a marker says, without dashes, stars, brackets and colon."""
    return bare(line).strip(_AROUND_MARKER)


def classify(text: str, lines: Sequence[str]) -> list[Kind]:
    """Tells for every line of the text whether it is blank, quoted or text."""
    # Most lines begin with a letter: they are text, and nothing more need be asked.
    kinds = [TEXT if line[:1].isalnum() else _kind(line) for line in lines]
    if "-----BEGIN PGP " in text:
        _mark_armour(lines, kinds)
    if any(bar in text for bar in _BARS):
        _bars_are_quotes(lines, kinds)
    if QUOTE in kinds:
        if ">>>" in text or _ADDRESS_BROKEN.search(text):
            _brackets_are_text(lines, kinds)
        if _COMPARISON.search(text):
            _comparisons_are_text(lines, kinds)
        _broken_quotes_are_quotes(lines, kinds)
    return kinds


def _mark_armour(lines: Sequence[str], kinds: list[Kind]) -> None:
    # RFC 9580 7: a signed text stands between its head, which a blank line ends, and its signature.
    within = ""
    for i, line in enumerate(lines):
        begins = _ARMOUR.match(line) if line.startswith("-----BEGIN PGP ") else None
        within = begins[1] if begins else within
        if within:
            kinds[i] = ARMOUR if kinds[i] is not BLANK else BLANK
        if within and (line.startswith("-----END PGP ") or (within == "SIGNED MESSAGE" and not line.strip())):
            within = ""


def _kind(line: str) -> Kind:
    if not line:
        return BLANK
    if line[0] == ">" and line[1:2] not in _FACE_STARTS:
        return QUOTE
    return BLANK if is_blank(line) else QUOTE if is_quoted(line) else TEXT


def _bars_are_quotes(lines: Sequence[str], kinds: list[Kind]) -> None:
    # Two bars in a row quote; a row that also ends in a bar is a table's.
    bar = [line[:1] in _BAR_STARTS and _is_barred(line) for line in lines]
    for i, here in enumerate(bar):
        if here and ((i and bar[i - 1]) or (i + 1 < len(bar) and bar[i + 1])):
            kinds[i] = QUOTE


def _is_barred(line: str) -> bool:
    return bool(_BAR.match(line)) and (line.rstrip()[-1] not in _BARS or line.strip() in _BARS)


def _brackets_are_text(lines: Sequence[str], kinds: list[Kind]) -> None:
    # `Ada Byron <ada@example.com\n> wrote:` was broken before the bracket; GroupWise encloses: `>>> Ada, 10:19 >>>`.
    for i, kind in enumerate(kinds):
        if kind is not QUOTE or (lines[i][-1:] not in _BRACKET_ENDS and lines[i][:4] != ">>> "):
            continue
        if (
            _ENCLOSED.match(lines[i])
            or (lines[i].startswith(">>>") and i + 1 < len(lines) and _ENCLOSED_BELOW.match(lines[i + 1]))
            or (i and kinds[i - 1] is TEXT and _BRACKET.match(lines[i]) and _OPEN_ADDRESS.search(lines[i - 1][-99:]))
        ):
            kinds[i] = TEXT


def _comparisons_are_text(lines: Sequence[str], kinds: list[Kind]) -> None:
    # A lone `> 50 degrees` right below text says "more than".
    around = zip(kinds, [*kinds[1:], BLANK], [*kinds[2:], BLANK, BLANK], strict=False)
    for i, (above, here, below) in enumerate(around, start=1):
        lone = here is QUOTE and above is TEXT and below is not QUOTE
        if lone and _NUMBER.match(lines[i]) and not lines[i - 1].rstrip().endswith((":", "：", "-")):
            kinds[i] = TEXT


def _broken_quotes_are_quotes(lines: Sequence[str], kinds: list[Kind]) -> None:
    # A mail program that wraps a quoted line leaves its rest without a mark: `> a long line that\nends here`.
    between = (QUOTE, TEXT, QUOTE)
    for i, around in enumerate(zip(kinds, kinds[1:], kinds[2:], strict=False), start=1):
        if around == between and _goes_on(lines[i - 1], lines[i]):
            kinds[i] = QUOTE


def _goes_on(above: str, line: str) -> bool:
    line, above = line[:LONGEST_MARK].strip(), above.rstrip()
    if len(above) >= 66 and len(line) <= 40 and not above.endswith((".", "?", "!", ":")) and line[:1].islower():
        return True
    if line.startswith(("(http", "<http", "http")) and " " not in line[:-2].rstrip():
        return True
    return ")" in line and "(http" in above[-120:] and ")" not in above[above.rfind("(http") :]
