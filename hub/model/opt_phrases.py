"""Phrases in which people say that they want no more messages: their notation, compiled and indexed by first word.

A row is `verdict: pattern`, the verdict being stop, unsure or none (none shields a harmless phrase from the others).
In a pattern, `a|b` is one of the words, `{name}` a set of the table's, `wor*` any word that begins so, `[a|b]` may be
missing, `[a|b]*` may come up to three times, `~` is up to three words of any kind, `^` and `$` are the clause's ends
(before and after courtesy). Rows are folded, so they are written as people write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from hub.model.fold import fold
from hub.model.opt_tables import tables

_STEM_KEY = 4  # stems that open a phrase are found by their first letters


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a pattern: which words fit, and how often. No words and no stems: any word fits."""

    words: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    least: int = 1
    most: int = 1

    def fits(self, word: str) -> bool:
        return word in self.words or (not self.words and not self.stems) or word.startswith(self.stems or ("\0",))

    def fits_any(self, words: Set[str]) -> bool:
        """Tells whether one of the words fits."""
        if self.stems or not self.words:
            return any(map(self.fits, words))
        return not self.words.isdisjoint(words)


@dataclass(frozen=True)
class Phrase:
    """A phrase of the tables: what it means, in which language, and the steps that recognise it."""

    verdict: str
    language: str
    steps: tuple[Step, ...]
    from_start: bool
    to_end: bool

    @cached_property
    def needed(self) -> tuple[Step, ...]:
        """The steps after the first that cannot be missing, those that are quickly looked for first."""
        steps = [step for step in self.steps[1:] if step.least and (step.words or step.stems)]
        return tuple(sorted(steps, key=lambda step: len(step.stems)))

    def match(self, words: Sequence[str], start: int, end: int, tails: Set[str]) -> int:
        """Returns where the phrase ends if it stands at `start` of the clause words[:end], else -1.

        With `$` only a tail (courtesy, "again", "because") may follow it.
        """
        return self._match(0, words, start, end, tails)

    def _match(self, at: int, words: Sequence[str], position: int, end: int, tails: Set[str]) -> int:
        for step in self.steps[at:]:
            if step.least != step.most:
                return self._match_repeated(at, words, position, end, tails)
            if position == end or not step.fits(words[position]):
                return -1
            at, position = at + 1, position + 1
        return position if not self.to_end or position == end or words[position] in tails else -1

    def _match_repeated(self, at: int, words: Sequence[str], position: int, end: int, tails: Set[str]) -> int:
        step = self.steps[at]
        taken = 0
        while taken < step.most and position + taken < end and step.fits(words[position + taken]):
            taken += 1
        for count in range(taken, step.least - 1, -1):
            reached = self._match(at + 1, words, position + count, end, tails)
            if reached >= 0:
                return reached
        return -1


@dataclass(frozen=True, slots=True)
class Index:
    """Phrases by the word, or by the first letters of the stem, that opens them; in the order of their rows."""

    words: Mapping[str, Sequence[Phrase]]
    stems: Mapping[str, Sequence[Phrase]]


def _step(text: str) -> Step:
    least, most = 1, 1
    if text == "~":
        return Step(least=0, most=3)
    if text.startswith("["):
        least, most = 0, 3 if text.endswith("]*") else 1
        text = text.strip("[]*") if most == 1 else text[1:-2]
    alternatives = text.split("|")
    stems = tuple(word[:-1] for word in alternatives if word.endswith("*"))
    return Step(frozenset(word for word in alternatives if not word.endswith("*")), stems, least, most)


def _phrase(language: str, row: str, sets: Mapping[str, str]) -> Phrase:
    verdict, _, pattern = row.partition(":")
    for name, words in sets.items():
        pattern = pattern.replace(f"{{{name}}}", words)
    parts = fold(pattern).split()
    from_start, to_end = parts[0] == "^", parts[-1] == "$"
    steps = tuple(_step(part) for part in parts[from_start : len(parts) - to_end])
    return Phrase(verdict.strip(), language, steps, from_start, to_end)


@cache
def _index() -> Index:
    """Compiles the tables. Raises ValueError for a row that opens with something optional or with too short a stem."""
    words: dict[str, list[Phrase]] = {}
    stems: dict[str, list[Phrase]] = {}
    for language, grammar in tables().grammars.items():
        for row in grammar.phrases:
            phrase = _phrase(language, row, grammar.sets)
            first = phrase.steps[0]
            if not first.least or any(len(stem) < _STEM_KEY for stem in first.stems):
                raise ValueError(f"{row!r} must open with a word or with a stem of at least {_STEM_KEY} letters")
            for word in first.words:
                words.setdefault(word, []).append(phrase)
            for key in {stem[:_STEM_KEY] for stem in first.stems}:
                stems.setdefault(key, []).append(phrase)
    return Index(words, stems)


@lru_cache(maxsize=16_384)
def phrases_opening_with(word: str) -> Sequence[Phrase]:
    """Returns the phrases that may begin at a word, in the order of their rows."""
    index = _index()
    return (*index.words.get(word, ()), *index.stems.get(word[:_STEM_KEY], ()))


@lru_cache(maxsize=16_384)
def _asking_opening_with(word: str) -> tuple[Set[str] | None, Sequence[Phrase]]:
    """Returns the phrases that ask for something, and words of which each needs one; None where one needs none."""
    phrases = tuple(phrase for phrase in phrases_opening_with(word) if phrase.verdict != "none")
    first = [phrase.needed[0] if phrase.needed else None for phrase in phrases]
    if any(step is None or step.stems for step in first):
        return None, phrases
    return frozenset(word for step in first if step is not None for word in step.words), phrases


def may_stand_among(words: Set[str]) -> bool:
    """Tells whether a phrase that asks for something could stand in a text of these words: it has all that one needs.

    One look at each word spares most texts, and most sentences of the others, the reading of their clauses.
    """
    index = _index()
    for word in words:
        if word not in index.words and word[:_STEM_KEY] not in index.stems:
            continue
        needed, phrases = _asking_opening_with(word)
        if not phrases or (needed is not None and needed.isdisjoint(words)):
            continue
        if any(all(step.fits_any(words) for step in phrase.needed) for phrase in phrases):
            return True
    return False
