"""The words under which an interaction is found; pure, so that a process beside the hub can make them ready."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, islice

from hub.model.fold import tokens

# Longest text that is indexed, in words, and longest word, in characters: a pasted book is found by its beginning.
# Together they stay below what a tsvector holds (1 MB) and a tsquery takes (2,046 bytes a word).
_WORDS = 4_000
_LONGEST_WORD = 64
_LONG = 1_000


def words_of(text: str, limit: int) -> list[str]:
    """Returns the folded words of a text, as they are kept and searched for."""
    return [word[:_LONGEST_WORD] for word in tokens(text, limit)]


def words_said(subject: str, body: str) -> str:
    """Returns the different words of an interaction, in order, with blanks between them."""
    lines = dict.fromkeys(f"{subject} {body}".split("\n"))
    said = [_line(line) if len(line) < _LONG else words_of(line, _WORDS) for line in lines]
    return " ".join(islice(dict.fromkeys(chain.from_iterable(said)), _WORDS))


@lru_cache(maxsize=4_096)
def _line(line: str) -> tuple[str, ...]:
    """Returns the words of a line: a promotion says most of its lines to everybody."""
    return tuple(words_of(line, _WORDS))
