"""Sentences about conditions: English source texts with their values, put into the reader's language where shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Translate = Callable[[str], str]
TranslateMany = Callable[[str, str, int], str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One source text and what stands in its %(gaps)s; `many` is its plural, chosen by `number`."""

    one: str
    many: str = ""
    number: int = 0
    values: Mapping[str, str | int | Phrase | tuple[Phrase, ...]] = field(default_factory=dict)

    def told(self, translate: Translate, translate_many: TranslateMany) -> str:
        """Returns the phrase in the language that the two functions speak (gettext and ngettext)."""

        def said(value: str | int | Phrase | tuple[Phrase, ...]) -> str:
            if isinstance(value, tuple):
                return ", ".join(map(said, value))
            return value.told(translate, translate_many) if isinstance(value, Phrase) else str(value)

        text = translate_many(self.one, self.many, self.number) if self.many else translate(self.one)
        return text % {name: said(value) for name, value in self.values.items()} if self.values else text


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a condition says, as phrases in a row; `str()` of it is English."""

    phrases: tuple[Phrase, ...]

    def told(self, translate: Translate, translate_many: TranslateMany) -> str:
        """Returns the sentence in the language that the two functions speak (gettext and ngettext)."""
        return ", ".join(phrase.told(translate, translate_many) for phrase in self.phrases)

    def __str__(self) -> str:
        return self.told(str, lambda one, many, number: one if number == 1 else many)


# Both are named as their gettext counterparts are, so that the texts are found by whoever gathers them.
def N_(text: str, /, **values: str | int | Phrase | tuple[Phrase, ...]) -> Phrase:  # noqa: N802
    """Returns a phrase."""
    return Phrase(text, values=values)


def ngettext(one: str, many: str, number: int, /, **values: str | int | Phrase | tuple[Phrase, ...]) -> Phrase:
    """Returns a phrase with a singular and a plural; `%(number)s` is the number."""
    return Phrase(one, many, number, {"number": number, **values})


def quoted(text: str) -> Phrase:
    """Returns words that somebody else wrote, which are never translated."""
    return N_("“%(text)s”", text=text)
