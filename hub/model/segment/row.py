"""A row: one condition about a customer. Each kind is a frozen dataclass that names its parts and says itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from hub.model.segment.parts import Part, Place, read_parts
from hub.model.segment.sentence import Phrase, Sentence, ngettext


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every kind of row has: what it is `about` and the words that its `is` may say."""

    about: ClassVar[str]
    words: ClassVar[tuple[str, ...]]
    parts: ClassVar[tuple[Part, ...]]

    is_: str

    @classmethod
    def read(cls, given: Mapping[str, Any], place: Place) -> Self:
        """Reads a row of this kind. Raises Refused naming the place."""
        is_ = given.get("is")
        if not isinstance(is_, str) or is_ not in cls.words:
            said = f"{str(is_)[:40]!r} is none of" if is_ else "it does not say which of"
            raise place.refused(f"{said}: {', '.join(cls.words)}.", "is")
        row = cls(is_=is_, **read_parts(cls.parts, given, is_, place))
        row.check(place)
        return row

    def as_json(self) -> dict[str, Any]:
        """Returns the row as it is stored: parts that say nothing are left out."""
        said = {
            part.name: part.write(value) for part in self.parts if (value := getattr(self, part.name)) != part.empty
        }
        return {"about": self.about, "is": self.is_, **said}

    def check(self, place: Place) -> None:
        """Raises Refused where parts do not fit together."""

    def say(self) -> Sentence:
        """Returns what the row says, in a sentence."""
        return Sentence(tuple(self.phrases()))

    def phrases(self) -> list[Phrase]:
        """Returns the phrases of its sentence."""
        raise TypeError(f"{type(self).__name__} cannot say itself")


def in_last(days: int | None) -> list[Phrase]:
    """Returns when: in the last so many days, or nothing where it does not matter when."""
    if days is None:
        return []
    return [ngettext("in the last %(number)s day", "in the last %(number)s days", days)]


def so_often(times: int) -> list[Phrase]:
    """Returns how often at least; once goes without saying."""
    if times < 2:
        return []
    return [ngettext("at least %(number)s time", "at least %(number)s times", times)]
