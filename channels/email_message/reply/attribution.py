"""Attribution lines: `On <date>, <person> wrote:`, on one line or wrapped over several; where they begin and end."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from functools import cache, partial
from unicodedata import east_asian_width

from channels.email_message.reply.evidence import (
    AFTER_VERB,
    LONGEST_ATTRIBUTION,
    LONGEST_VERB,
    VERB_ENDS,
    Verdict,
    begins_with_date,
    cites,
    ends,
    ends_sentence,
    is_enclosed,
    is_fragment,
    is_name,
    is_opener,
    is_prose,
    is_stamp,
    is_timed,
    is_verb_alone,
    judge,
    mentions_writing,
    names_a_writer,
    precedes_quote,
)
from channels.email_message.reply.headers import header_field
from channels.email_message.reply.lines import ATTRIBUTION, BLANK, LONGEST_MARK, QUOTE, TEXT, Kind, bare

_MOST_LINES = 6
_MOST_LINES_OF_HEAD = 3
# No mail carries this many attributions without quote marks; judging is the dear part of hostile input.
_MOST_JUDGED = 30
# A line that is longer counts as several.
_ORDINARY_LINE = 80
_LONGEST_UNDATED = 80
# No program breaks lines shorter than this, nor leaves more than this for a line of its own.
_NARROWEST = 60
_LONGEST_REST = 24
_LONGEST_ABBREVIATION = 5
_DATE_ENDS = frozenset("0123456789)Mm")
_DATE_MARKS = frozenset("-/.")


def mark_attributions(
    lines: Sequence[str], text: str, told: Sequence[str], kinds: list[Kind], rules: Set[int], stop: int
) -> None:
    """Marks the lines of every attribution before line `stop` in `kinds`.

    `text` and `told`: the mail and its lines as phrases are compared; `rules`: the lines that are one.
    """
    # Without an address or a verb of writing anywhere a mere colon says nothing.
    names = cache(partial(names_a_writer, text))
    judged = 0
    for i in _candidates(told, kinds, rules, stop):
        # `> wrote:` is text: there the closing bracket of a wrapped address came to look like a quote mark.
        if kinds[i] is TEXT or (kinds[i] is QUOTE and is_verb_alone(lines[i])):
            found = _stamp_at(lines, kinds, i, stop)
            if found is None and _may_end(lines, told[i], i, names):
                found = _ending_at(lines, kinds, i, stop)
                judged += 1 + len(told[i]) // _ORDINARY_LINE
            if found is not None:
                first, last = _with_head(lines, kinds, found[0]), found[1]
                kinds[first : last + 1] = [ATTRIBUTION] * (last + 1 - first)
            if judged >= _MOST_JUDGED:
                break


def _candidates(told: Sequence[str], kinds: Sequence[Kind], rules: Set[int], stop: int) -> list[int]:
    """The lines that may be a stamp or end an attribution, by their first and last letters."""
    return [
        i
        for i, (line, kind) in enumerate(zip(told[:stop], kinds, strict=False))
        if (
            line[-3:] in VERB_ENDS
            or line[-1:] in AFTER_VERB
            or len(line) > LONGEST_MARK
            or (line[-1:] == ">" and ":" in line and ("@" in line or line[-3:] == ">>>"))
            or (not line[:1].isalpha() and line.lstrip()[4:5] in _DATE_MARKS)
        )
        and (kind is TEXT or (kind is QUOTE and len(line) <= LONGEST_VERB))
        and i not in rules
    ]


def _stamp_at(lines: Sequence[str], kinds: Sequence[Kind], first: int, stop: int) -> tuple[int, int] | None:
    if lines[first].rstrip().endswith(">>>"):
        above = first - 1 if first and kinds[first - 1] is TEXT and not lines[first].startswith(">>>") else first
        return (above, first) if is_enclosed(" ".join(bare(line) for line in lines[above : first + 1])) else None
    if not lines[first].lstrip()[:4].isdigit():
        return None
    alone = first == 0 or kinds[first - 1] is not TEXT
    line = bare(lines[first])
    if is_stamp(line, alone=alone):
        return first, first
    wrapped = line.endswith("<") and first + 1 < stop and kinds[first + 1] is TEXT
    if wrapped and is_stamp(f"{line} {bare(lines[first + 1])}", alone=alone):
        return first, first + 1
    return None


def _may_end(lines: Sequence[str], told: str, end: int, names: Callable[[], bool]) -> bool:
    if len(told) > LONGEST_MARK:
        return False
    colon, verb = ends(told)
    if verb or not (colon or told.rstrip().endswith(">")):
        return verb
    if is_timed(told) or cites(told):
        return True
    if not names():
        return False
    window = lines[max(0, end - _MOST_LINES) : end + 1]
    return any("@" in line for line in window) or mentions_writing(" ".join(window))


def _ending_at(lines: Sequence[str], kinds: Sequence[Kind], end: int, stop: int) -> tuple[int, int] | None:
    # Looks upwards for the nearest line with which the whole reads as an attribution that begins with its date.
    tail = bare(lines[end])
    quote_follows = _quote_follows(kinds, end, stop)
    addressed: int | None = None
    joined = below = ""
    for first in range(end, max(0, end - _MOST_LINES) - 1, -1):
        if kinds[first] is BLANK:
            if not is_fragment(joined) and not is_verb_alone(joined):
                break
            continue
        part = bare(lines[first])
        if first < end and (kinds[first] is not TEXT or not _may_break(part, below)):
            break
        below = part
        joined = f"{part} {joined}" if first < end else part.lstrip("> ") if kinds[end] is QUOTE else part
        if len(joined) > LONGEST_ATTRIBUTION:
            break
        verdict = judge(joined)
        placed = "@" in joined or is_timed(joined) or quote_follows or _stands_free(kinds, first)
        if verdict is Verdict.DATED and placed:
            opener_above = first > 0 and kinds[first - 1] is TEXT and is_opener(bare(lines[first - 1]))
            return (first - 1 if opener_above else first), end
        if (addressed is None and (verdict is Verdict.ADDRESSED or (quote_follows and precedes_quote(joined)))) or (
            first + 1 == addressed and is_fragment(bare(lines[addressed])) and is_name(part)
        ):
            addressed = first
    if addressed is not None:
        return addressed, end
    named = all(ends(tail)) and len(tail) <= _LONGEST_UNDATED and not is_prose(tail)
    return (end, end) if named and quote_follows else None


def _with_head(lines: Sequence[str], kinds: Sequence[Kind], first: int) -> int:
    """Where the lines begin that belong over the first line found: a wrapped name, headers like Yandex's."""
    for _ in range(_MOST_LINES_OF_HEAD):
        if not first or kinds[first - 1] is not TEXT or not _goes_on(bare(lines[first - 1]), bare(lines[first])):
            break
        first -= 1
    head = first
    while head and kinds[head - 1] is TEXT and header_field(lines[head - 1]) is not None:
        head -= 1
    return head if first - head > 1 or (head < first and lines[head].rstrip().endswith(";")) else first


def _goes_on(above: str, line: str) -> bool:
    if above.endswith(("<", "(")) or _bracket_starts(line) or (cites(above) and not above.endswith(":")):
        return True
    if not _was_full(above, line) or ends_sentence(above) or above.endswith((":", "：")) or is_prose(above):
        return False
    return "@" in above or mentions_writing(above) or not begins_with_date(line)


def _may_break(above: str, below: str) -> bool:
    """Whether a program may have broken an attribution between the two: persons break lines where they like."""
    if below[:1].isdigit() and len(above.rpartition(" ")[2]) <= _LONGEST_ABBREVIATION and _was_full(above, below):
        return True  # "2026. márc." / "6., 10:19"
    if ends_sentence(above) and "@" not in above.rpartition(" ")[2]:
        return False
    if begins_with_date(above) and is_timed(above) and above[-1:] in _DATE_ENDS:
        return True  # Claws Mail and Sylpheed name the person on the next line
    within = above.endswith(("<", "(", ",")) or is_fragment(below) or _bracket_starts(below)
    return within or len(below) <= _LONGEST_REST or is_opener(above) or _was_full(above, below)


def _bracket_starts(line: str) -> bool:
    return line.startswith(">") and not line.startswith(">>")


def _was_full(above: str, below: str) -> bool:
    """Whether the next word would not have fitted on the line."""
    wanted = _NARROWEST - 1 - len(below.partition(" ")[0])
    if len(above) > wanted or above.isascii():
        return len(above) > wanted
    return len(above) + sum(east_asian_width(letter) in "WF" for letter in above) > wanted


def _stands_free(kinds: Sequence[Kind], first: int) -> bool:
    return first == 0 or kinds[first - 1] is not TEXT


def _quote_follows(kinds: Sequence[Kind], end: int, stop: int) -> bool:
    for i in range(end + 1, min(stop, end + 4)):
        if kinds[i] is not BLANK:
            return kinds[i] is QUOTE
    return False
