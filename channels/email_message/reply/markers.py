"""Where an older mail begins that is not quoted line by line: a marker, or a block of headers, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from channels.email_message.reply.headers import FIELDS, Headers
from channels.email_message.reply.lines import (
    BLANK,
    LONGEST_MARK,
    QUOTE,
    TEXT,
    Beginnings,
    Kind,
    bare,
    folded,
    is_decorated,
    is_rule,
    undecorated,
)
from channels.email_message.reply.openings import BEGIN_FORWARDED, FORWARDED, ORIGINAL, REPLY_ABOVE
from channels.email_message.reply.phrases import Phrases

_DASHES = re.compile(r"\s?[-–—_]{2,}")
_LONGEST_PROMPT = 160
# Of so many lines that may open an older mail those between are passed over: it is a log, or meant to take long.
_FIRST, _LAST = 250, 100
_LONGEST_PHRASE = 60
_MOST_WORDS_AROUND_PROMPT = 20


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
_BEGINNINGS = Beginnings((*_PHRASES, *FIELDS))
_PROMPTS = Phrases(map(folded, REPLY_ABOVE))
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


def openings(told: Sequence[str], texts: Sequence[int], rules: frozenset[int], prompts: Sequence[str]) -> Sequence[int]:
    """Those of the lines `texts` at which an older mail may begin: few, so that only they are looked at closely."""
    found = texts if prompts else _BEGINNINGS.among(told, texts)
    found = sorted(rules.union(found)) if rules else found
    return found if len(found) <= _FIRST + _LAST else [*found[:_FIRST], *found[-_LAST:]]


def prompts_in(folded_text: str) -> tuple[str, ...]:
    """The phrases like "reply above this line" that occur in the text: usually none, so no line need be searched."""
    return _PROMPTS.within(folded_text)


def marker_of(line: str, prompts: Sequence[str] = ()) -> Marker | None:
    """Tells what a line such as `-----Original Message-----` announces."""
    return _announced(line, prompts)[0]


def _announced(line: str, prompts: Sequence[str]) -> tuple[Marker | None, bool]:
    """What a line announces, and whether it may introduce a block of headers, as a mere rule does."""
    decorated = is_decorated(line)
    if len(line) > LONGEST_MARK:
        return None, decorated
    if is_rule(line):
        return None, True
    if prompts:
        words = folded(bare(line))
        brief = len(words) <= _LONGEST_PROMPT and words.count(" ") <= _MOST_WORDS_AROUND_PROMPT
        if brief and any(prompt in words for prompt in prompts):
            return Marker.ABOVE, True
    if not decorated:
        phrase = folded(undecorated(line)) if len(line) <= _LONGEST_PHRASE else ""
        return (_PHRASES[phrase] if phrase in _STANDS_ALONE else None), phrase in _PHRASES
    phrase = _DASHES.split(folded(undecorated(line)), maxsplit=1)[0].rstrip(" :")
    known = _PHRASES.get(phrase)
    if known is None and phrase.startswith(_WITH_A_NAME):
        known = next(_PHRASES[p] for p in _WITH_A_NAME if phrase.startswith(p))
    return known, True


def find_embedded(
    lines: Sequence[str], kinds: Sequence[Kind], candidates: Iterable[int], headers: Headers, prompts: Sequence[str]
) -> Embedded | None:
    """The first older mail, at one of the candidate lines, that is not quoted line by line."""
    for i in candidates:
        if kinds[i] is not TEXT:
            continue
        marker, introduced = _announced(lines[i], prompts)
        if marker is Marker.ABOVE:
            return Embedded(i, i + 1, i + 1, marker, headed=False, forwards=False)
        head = _next_text(kinds, i) if introduced else i
        block = headers.block(head, introduced=introduced) if head is not None else None
        if head is not None and block is not None:
            forwards = marker is Marker.FORWARDED or (marker is None and block.forwards)
            return Embedded(i, head, block.stop, marker, headed=True, forwards=forwards)
        # Apple's `Begin forwarded message:` always has headers below; people write such words, too.
        if marker is not None and (is_decorated(lines[i]) or _quoted_next(kinds, i)):
            return Embedded(i, i + 1, i + 1, marker, headed=False, forwards=marker is Marker.FORWARDED)
    return None


def _quoted_next(kinds: Sequence[Kind], i: int) -> bool:
    return next((kind for kind in kinds[i + 1 : i + 4] if kind is not BLANK), None) is QUOTE


def _next_text(kinds: Sequence[Kind], i: int) -> int | None:
    for j in range(i + 1, min(len(kinds), i + 4)):
        if kinds[j] is not BLANK:
            return j if kinds[j] is TEXT else None
    return None
