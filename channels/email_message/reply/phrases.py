"""Many phrases looked for in texts that mostly hold none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_COMMON = 4


class Phrases:
    """Phrases by the word that each shares with most others: a text without that word holds none of them."""

    def __init__(self, phrases: Iterable[str]) -> None:
        known = list(dict.fromkeys(phrases))
        shared = Counter(word for phrase in known for word in set(phrase.split()))
        groups: dict[str, list[str]] = {}
        for phrase in known:
            word = max(phrase.split(), key=lambda word: (len(word) > _COMMON, shared[word], len(word)))
            groups.setdefault(word, []).append(phrase)
        self._all = [(word, tuple(phrases)) for word, phrases in groups.items()]
        plain = [(word, tuple(filter(str.isascii, phrases))) for word, phrases in self._all if word.isascii()]
        self._ascii = [(word, phrases) for word, phrases in plain if phrases]

    def within(self, text: str) -> tuple[str, ...]:
        """The phrases that occur in a folded text."""
        groups = self._ascii if text.isascii() else self._all
        return tuple([phrase for word, phrases in groups if word in text for phrase in phrases if phrase in text])
