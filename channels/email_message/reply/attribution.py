"""Attribution lines: `On <date>, <person> wrote:`, on one line or wrapped over several; where they begin and end."""

from __future__ import annotations

from collections.abc import Sequence

from channels.email_message.reply.evidence import (
    AFTER_VERB,
    LONGEST_ATTRIBUTION,
    LONGEST_VERB,
    VERB_ENDS,
    Verdict,
    ends,
    ends_sentence,
    in_first_person,
    is_fragment,
    is_name,
    is_opener,
    is_stamp,
    is_timed,
    is_verb_alone,
    judge,
    mentions_writing,
    precedes_quote,
)
from channels.email_message.reply.lines import ATTRIBUTION, BLANK, LONGEST_MARK, QUOTE, TEXT, Kind, bare

_MOST_LINES = 6
# No mail carries this many attributions without quote marks; judging is the dear part of hostile input.
_MOST_JUDGED = 300
_LONGEST_UNDATED = 80
_DATE_MARKS = frozenset("-/.")


def mark_attributions(lines: Sequence[str], told: Sequence[str], kinds: list[Kind], stop: int) -> None:
    """Marks the lines of every attribution before line `stop` in `kinds`; `told`: the lines as phrases are compared."""
    judged = 0
    for i in _candidates(told, kinds, stop):
        # `> wrote:` is text: there the closing bracket of a wrapped address came to look like a quote mark.
        if kinds[i] is TEXT or (kinds[i] is QUOTE and is_verb_alone(lines[i])):
            found = _stamp_at(lines, kinds, i, stop)
            if found is None and _may_end(lines, i):
                found = _ending_at(lines, kinds, i, stop)
                judged += 1
            if found is not None:
                first, last = found
                kinds[first : last + 1] = [ATTRIBUTION] * (last + 1 - first)
            if judged == _MOST_JUDGED:
                break


def _candidates(told: Sequence[str], kinds: Sequence[Kind], stop: int) -> list[int]:
    """The lines that may be a stamp or end an attribution, by their first and last letters."""
    return [
        i
        for i, (line, kind) in enumerate(zip(told[:stop], kinds, strict=False))
        if (
            line[-3:] in VERB_ENDS
            or line[-1:] in AFTER_VERB
            or len(line) > LONGEST_MARK
            or (line[-1:] == ">" and "@" in line and ":" in line)
            or (not line[:1].isalpha() and line.lstrip()[4:5] in _DATE_MARKS)
        )
        and (kind is TEXT or (kind is QUOTE and len(line) <= LONGEST_VERB))
    ]


def _stamp_at(lines: Sequence[str], kinds: Sequence[Kind], first: int, stop: int) -> tuple[int, int] | None:
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


def _may_end(lines: Sequence[str], end: int) -> bool:
    tail = bare(lines[end])
    if len(tail) > LONGEST_MARK:
        return False
    colon, verb = ends(tail)
    if verb or not (colon or tail.endswith(">")):
        return verb
    if is_timed(tail):
        return True
    window = lines[max(0, end - _MOST_LINES) : end + 1]
    return any("@" in line for line in window) or mentions_writing(" ".join(window))


def _ending_at(lines: Sequence[str], kinds: Sequence[Kind], end: int, stop: int) -> tuple[int, int] | None:
    # Looks upwards for the nearest line with which the whole reads as an attribution that begins with its date.
    tail = bare(lines[end])
    quote_follows = _quote_follows(kinds, end, stop)
    addressed: int | None = None
    joined = ""
    for first in range(end, max(0, end - _MOST_LINES) - 1, -1):
        if kinds[first] is BLANK:
            if not is_fragment(joined) and not is_verb_alone(joined):
                break
            continue
        part = bare(lines[first])
        if first < end and (kinds[first] is not TEXT or (ends_sentence(part) and "@" not in part)):
            break
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
    named = all(ends(tail)) and len(tail) <= _LONGEST_UNDATED and not in_first_person(tail)
    return (end, end) if named and quote_follows else None


def _stands_free(kinds: Sequence[Kind], first: int) -> bool:
    return first == 0 or kinds[first - 1] is not TEXT


def _quote_follows(kinds: Sequence[Kind], end: int, stop: int) -> bool:
    for i in range(end + 1, min(stop, end + 4)):
        if kinds[i] is not BLANK:
            return kinds[i] is QUOTE
    return False
