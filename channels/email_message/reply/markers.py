"""Where an older mail begins that is not quoted line by line: a marker, or a block of headers, or both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from channels.email_message.reply.headers import header_block
from channels.email_message.reply.lines import LONGEST_MARK, Kind, bare, folded, is_decorated, is_rule, undecorated
from channels.email_message.reply.openings import BEGIN_FORWARDED, FORWARDED, ORIGINAL, REPLY_ABOVE

_DASHES = re.compile(r"\s?[-–—_]{2,}")
_LONGEST_PROMPT = 160
_LONGEST_PHRASE = 60
_MOST_WORDS_AROUND_PROMPT = 14


class Marker(Enum):
    ORIGINAL = "original"
    FORWARDED = "forwarded"
    ABOVE = "reply above this line"


_PHRASES = dict.fromkeys(map(folded, BEGIN_FORWARDED), Marker.FORWARDED) | {
    folded(phrase): marker
    for marker, table in ((Marker.ORIGINAL, ORIGINAL), (Marker.FORWARDED, FORWARDED))
    for phrase in chain.from_iterable(table.values())
}
_STANDS_ALONE = frozenset(map(folded, BEGIN_FORWARDED))
_PROMPTS = tuple(map(folded, REPLY_ABOVE))
_WITH_A_NAME = tuple(phrase for phrase in _PHRASES if len(phrase) > 8)


@dataclass(frozen=True, slots=True)
class Embedded:
    """An older mail from line `start` on: its marker, then from `mail` its headers (if any), then from `body` its text.

    `marker` is None for a bare block of headers; `forwards` when the marker or the subject says so.
    """

    start: int
    mail: int
    body: int
    marker: Marker | None
    headed: bool
    forwards: bool


def prompts_in(text: str) -> tuple[str, ...]:
    """The phrases like "reply above this line" that occur in the text: usually none, so no line need be searched."""
    searched = folded(text)
    return tuple(prompt for prompt in _PROMPTS if prompt in searched)


def marker_of(line: str, prompts: Sequence[str] = ()) -> Marker | None:
    """Tells what a line such as `-----Original Message-----` announces."""
    if len(line) > LONGEST_MARK:
        return None
    if prompts:
        words = folded(bare(line))
        brief = len(words) <= _LONGEST_PROMPT and words.count(" ") <= _MOST_WORDS_AROUND_PROMPT
        if brief and any(prompt in words for prompt in prompts):
            return Marker.ABOVE
    if not is_decorated(line):
        phrase = folded(undecorated(line)) if len(line) <= _LONGEST_PHRASE else ""
        return _PHRASES[phrase] if phrase in _STANDS_ALONE else None
    phrase = folded(undecorated(line))
    phrase = _DASHES.split(phrase, maxsplit=1)[0].rstrip(" :")
    known = _PHRASES.get(phrase)
    if known is None and phrase.startswith(_WITH_A_NAME):
        known = next(_PHRASES[p] for p in _WITH_A_NAME if phrase.startswith(p))
    return known


def find_embedded(lines: Sequence[str], kinds: Sequence[Kind], prompts: Sequence[str], start: int) -> Embedded | None:
    """The first older mail at or after line `start` that is not quoted line by line."""
    for i in range(start, len(lines)):
        if kinds[i] is not Kind.TEXT:
            continue
        marker = marker_of(lines[i], prompts)
        if marker is Marker.ABOVE:
            return Embedded(i, i + 1, i + 1, marker, headed=False, forwards=False)
        introduced = marker is not None or is_rule(lines[i]) or is_decorated(lines[i])
        if not introduced and len(lines[i]) <= _LONGEST_PHRASE:
            introduced = folded(undecorated(lines[i])) in _PHRASES
        head = _next_text(kinds, i) if introduced else i
        if head is not None:
            block = header_block(lines, head, len(lines), introduced=introduced)
            if block is not None:
                forwards = marker is Marker.FORWARDED or (marker is None and block.forwards)
                return Embedded(i, head, block.stop, marker, headed=True, forwards=forwards)
        if marker is not None:
            body = min(i + 1, len(lines))
            return Embedded(i, body, body, marker, headed=False, forwards=marker is Marker.FORWARDED)
    return None


def _next_text(kinds: Sequence[Kind], i: int) -> int | None:
    for j in range(i + 1, min(len(kinds), i + 4)):
        if kinds[j] is not Kind.BLANK:
            return j if kinds[j] is Kind.TEXT else None
    return None
