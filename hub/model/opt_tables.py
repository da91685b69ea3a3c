"""The words of opting out and in, read once from `opt_rules/`: one TOML file a language, folded (see `fold`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hub.model.fold import fold

SHORTEST_MISSPELT = 9

LANGUAGES = ("en", "pt", "cs", "ru", "es", "fr", "de", "it", "pl")


@dataclass(frozen=True, slots=True)
class Grammar:
    """What one language puts around its phrases (meanings: `opt_rules/common.toml`)."""

    tails: Set[str]
    negators: Set[str]
    asking: tuple[tuple[str, ...], ...]
    wondering: Set[str]
    narrowed: Set[str]
    sets: Mapping[str, str]
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """Keywords as (kind, language), courtesy as its languages; "" is the language of words used everywhere.

    `opening` holds the words of every keyword by its first one; `misspelt` leads from a long word, whole or less any
    one letter, to the word.
    """

    keywords: Mapping[str, tuple[str, str]]
    alone: Mapping[str, tuple[str, str]]
    courtesy: Mapping[str, Set[str]]
    courtesy_length: int
    answers: Set[str]
    greetings: Set[str]
    sign_off: re.Pattern[str]
    grammars: Mapping[str, Grammar]
    opening: Mapping[str, Sequence[Set[str]]]
    misspelt: Mapping[str, str]
    misspelt_openings: Set[str]

    def corrected(self, word: str) -> str:
        """Returns the keyword meant where one letter of a long word is missing, superfluous or another."""
        if len(word) < SHORTEST_MISSPELT or word[0] not in self.misspelt_openings or word in self.keywords:
            return word
        return next((self.misspelt[each] for each in (word, *_less_a_letter(word)) if each in self.misspelt), word)

    def keyword_among(self, words: Set[str]) -> bool:
        """Tells whether all words of a keyword are among these."""
        return any(entry <= words for word in words & self.opening.keys() for entry in self.opening[word])


@cache
def tables() -> Tables:
    """Returns the keywords and phrases of all languages, read once from the rule files."""
    common = _read("common")
    languages = {language: _read(language) for language in LANGUAGES}
    sources = {"": common, **languages}
    keywords = _keywords(sources, start="start", help="help", stop="stop")
    alone = _keywords(sources, start="start_alone", stop="stop_alone")
    courtesy: dict[str, set[str]] = {}
    for language, source in sources.items():
        for entry in _entries(source["courtesy"]):
            courtesy.setdefault(entry, set()).update({language} - {""})
    opening: dict[str, list[Set[str]]] = {}
    for entry in (*keywords, *alone):
        opening.setdefault(entry.split()[0], []).append(frozenset(entry.split()))
    return Tables(
        keywords=keywords,
        alone=alone,
        courtesy=courtesy,
        courtesy_length=max(len(entry.split()) for entry in courtesy),
        answers=frozenset(fold(common["answers"]).split()),
        greetings=frozenset(fold(common["greetings"]).split()),
        sign_off=re.compile(rf"\n\s*(?:{common['sign_off'].replace(chr(10), '')})"),
        grammars={language: _grammar(common, source) for language, source in languages.items()},
        opening=opening,
        misspelt=(misspelt := _misspelt(fold(common["misspelt"]).split())),
        misspelt_openings=frozenset(each[0] for each in misspelt),
    )


def _misspelt(words: Sequence[str]) -> dict[str, str]:
    """Returns words by themselves and by what is left of them without any one letter (symmetric deletion)."""
    return {each: word for word in words for each in (word, *_less_a_letter(word))}


def _less_a_letter(word: str) -> Iterable[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("hub.model") / "opt_rules" / f"{name}.toml").read_text(encoding="utf-8"))


def _entries(text: str) -> Iterable[str]:
    return filter(None, (" ".join(part.split()) for part in fold(text).split(",")))


def _keywords(sources: Mapping[str, dict[str, Any]], **kinds: str) -> dict[str, tuple[str, str]]:
    """Returns entry -> (kind, language); an entry of several languages is no one's; stop goes before all."""
    found: dict[str, tuple[str, str]] = {}
    for kind, key in kinds.items():
        of_kind: dict[str, str] = {}
        for language, source in sources.items():
            for entry in _entries(source.get(key, "")):
                of_kind[entry] = language if of_kind.get(entry, language) == language else ""
        found |= {entry: (kind, language) for entry, language in of_kind.items()}
    return found


def _grammar(common: dict[str, Any], source: dict[str, Any]) -> Grammar:
    courtesy = (*_entries(common["courtesy"]), *_entries(source["courtesy"]))
    openings = [entry.split()[0] for entry in courtesy]
    return Grammar(
        # A single letter (Polish "z góry dziękuję") opens too much else.
        tails=frozenset((*fold(source["tails"]).split(), *(word for word in openings if len(word) > 1))),
        negators=frozenset(fold(source["negators"]).split()),
        asking=tuple(tuple(entry.split()) for entry in _entries(source["asking"])),
        wondering=frozenset(fold(source["wondering"]).split()),
        narrowed=frozenset(fold(source["narrowed"]).split()),
        sets={name: "|".join(words.split()) for name, words in source["sets"].items()},
        phrases=tuple(_rows(source["phrases"])),
    )


def _rows(text: str) -> Iterable[str]:
    """Yields the phrases' rows; an indented line goes on with the row above it."""
    joined = re.sub(r"\n +", " ", text.strip()).replace("| ", "|")
    return joined.splitlines()
