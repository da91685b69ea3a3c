"""What a line of a mail's text is by itself: blank, quoted, a rule, or text; each found in bounded time per line."""

from __future__ import annotations

import re
from enum import Enum
from unicodedata import normalize

# No mail program writes an attribution, a marker or a header label longer than this; a longer line is only ever text.
LONGEST_MARK = 300

_INVISIBLE = dict.fromkeys(
    [0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
_NEWLINE = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_QUOTE = re.compile(r"[ \t\xa0\u3000]{0,8}(?:>|&gt;|＞)[ \t]?")
_FACE = re.compile(r"\s{0,8}>(?:[:;]['-]?[()DPpO|\[\]/\\]|[._]<|=\s?\d)")
_BAR = re.compile(r"[ \t\xa0]{0,8}[|│┃｜](?=[ \t\xa0]|$)[ \t]?")
_BARS = "|│┃｜"
_DASHES = "-‐‑‒–—―−─━"
_RULE_MARKS = frozenset(_DASHES + "_*=~#+ᐧ,")
_RULE_ENDS = _RULE_MARKS | {chr(code) for code in _INVISIBLE}
_SPACES = " \t\xa0"


class Kind(Enum):
    BLANK = "blank"
    TEXT = "text"
    QUOTE = "quote"
    ATTRIBUTION = "attribution"


def to_lines(text: str) -> list[str]:
    """Cuts the text into lines, whichever of the world's line ends it uses."""
    return _NEWLINE.sub("\n", text).split("\n")


def bare(line: str) -> str:
    """The line without invisible marks (such as of direction), its white space folded, cut beyond a mark's length."""
    head = line[: LONGEST_MARK + 1]
    if not head.isascii():
        # Apple writes accents as marks of their own; the tables hold whole letters.
        head = normalize("NFC", head.translate(_INVISIBLE))
    return " ".join(head.split())


def folded(text: str) -> str:
    """The text in the case of the tables; the Turkish dotted capital I leaves no dot behind."""
    return text.casefold().replace("i\u0307", "i")


def is_blank(line: str) -> bool:
    if not line or line.isspace():
        return True
    return not line[0].isascii() and not line[:LONGEST_MARK].translate(_INVISIBLE).strip()


def unquote(line: str) -> str:
    """The line without one level of quoting."""
    prefix = _QUOTE.match(line) or _BAR.match(line)
    return line[prefix.end() :] if prefix else line


def is_quoted(line: str) -> bool:
    """Whether the line carries a quote mark; the closing `<` of `>>> link <<<` and faces such as `>:(` are text."""
    return (">" in line or "&gt;" in line or "＞" in line) and bool(_QUOTE.match(line)) and not _FACE.match(line)


def is_rule(line: str) -> bool:
    """Whether the line is nothing but marks such as dashes, underscores or stars; a lone dash or star is not."""
    core = line[:LONGEST_MARK].strip()
    if not core or core[-1] not in _RULE_ENDS or len(line) > LONGEST_MARK:
        return False
    core = core.translate(_INVISIBLE)
    if not core or not _RULE_MARKS.issuperset(core):
        return False
    return len(core) > 1 or core in "—ᐧ―"


def is_decorated(line: str) -> bool:
    """Whether the line starts with two or more dashes, underscores or the like, as markers over older mails do."""
    core = line[:LONGEST_MARK].strip(_SPACES + ">*")
    return core[:2] != "" and set(core[:2]) <= set(_DASHES + "_=#~")


def undecorated(line: str) -> str:
    """What a marker says, without dashes, stars, brackets and colon."""
    return bare(line).strip(_DASHES + "_*=~#+<>[]()|:： \t")


def classify(lines: list[str]) -> list[Kind]:
    """Tells for every line whether it is blank, quoted or text."""
    kinds = [Kind.BLANK if is_blank(line) else Kind.QUOTE if is_quoted(line) else Kind.TEXT for line in lines]
    _bars_are_quotes(lines, kinds)
    _broken_quotes_are_quotes(lines, kinds)
    return kinds


def _bars_are_quotes(lines: list[str], kinds: list[Kind]) -> None:
    # Two bars in a row quote; a row that also ends in a bar is a table's.
    bar = [bool(_BAR.match(line)) and (line.rstrip()[-1] not in _BARS or line.strip() in _BARS) for line in lines]
    for i, here in enumerate(bar):
        if here and ((i and bar[i - 1]) or (i + 1 < len(bar) and bar[i + 1])):
            kinds[i] = Kind.QUOTE


def _broken_quotes_are_quotes(lines: list[str], kinds: list[Kind]) -> None:
    # A mail program that wraps a quoted line leaves its rest without a mark: `> a long line that\nends here`.
    for i in range(1, len(lines) - 1):
        if kinds[i] is not Kind.TEXT or kinds[i - 1] is not Kind.QUOTE:
            continue
        after = kinds[i + 1] is Kind.QUOTE
        line, above = lines[i][:LONGEST_MARK].strip(), lines[i - 1].rstrip()
        link = line.startswith(("(http", "<http", "http")) and " " not in line[:-2].rstrip()
        cut_link = "(http" in above[-120:] and ")" not in above[above.rfind("(http") :] and ")" in line
        rest = len(above) >= 66 and len(line) <= 40 and not above.endswith((".", "?", "!", ":")) and line[:1].islower()
        if after and (link or cut_link or rest):
            kinds[i] = Kind.QUOTE
