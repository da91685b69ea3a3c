"""Reasons in plain words: one sentence for each reason that a step or a skipped reminder can carry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.outreach.sentences import OF_ALL, SENTENCES, STATES, VALUES

_VALUES_OF_ONE = re.compile(r" on \{\w+\}| ?\([^()]*\{\w+\}[^()]*\)|\{(\w+)\}")
_INSTEAD = {"address": "the address", "channel": "the channel"}
_TIMES = frozenset({"at", "since", "until", "due_at", "heard_at", "rests_until"})


class Words(str):
    """A sentence in English, which a page says again in its reader's language."""

    _sentence: str
    _values: Mapping[str, str]

    def __new__(cls, sentence: str, values: Mapping[str, str]) -> Words:
        words = super().__new__(cls, _filled(sentence, values))
        words._sentence, words._values = sentence, values
        return words

    def __reduce__(self) -> tuple[type[Words], tuple[str, Mapping[str, str]]]:
        return type(self), (self._sentence, self._values)

    def said_by(self, translate: Callable[[str], str]) -> str:
        """Returns it in another language, with the same values; those that are words of ours, in that language too."""
        values = {name: translate(value) if value in VALUES else value for name, value in self._values.items()}
        return _filled(translate(self._sentence), values)


def in_words(state: str, reason: str, seen: Mapping[str, Any] | None = None) -> Words:
    """Returns one sentence for people about a step, with the values that were seen."""
    return Words(_sentence(state, reason), {name: _shown(name, value) for name, value in (seen or {}).items()})


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    return " ".join(sentence.format_map(_Known(values)).split())


def _sentence(state: str, reason: str) -> str:
    if reason in SENTENCES:
        return SENTENCES[reason]
    told = STATES.get(state, state)
    return f"{told} ({reason.replace('_', ' ')})" if reason else told


def in_general(state: str, reason: str) -> str:
    """Returns the sentence about everybody to whom it happened, without the values of one of them."""
    told = OF_ALL.get(reason) or _VALUES_OF_ONE.sub(
        lambda found: _INSTEAD.get(found[1] or "", ""), _sentence(state, reason)
    )
    return " ".join(told.split())


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "" if name in ("said", "why", "error") else "?"


def _shown(name: str, value: Any) -> str:
    text = str(value)
    if name == "address":  # people write an address without its scheme
        return text.removeprefix("mailto:").removeprefix("tel:")
    return text[:16].replace("T", " ") + " UTC" if name in _TIMES and len(text) >= 16 else text
