"""Parts of a row: what each one may say, read from JSON and written back; the builder page draws itself from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from hub.model.errors import Refused

LONGEST_TEXT = 200
MOST_WORDS = 50
MOST_DAYS = 36_500
MOST_TIMES = 10_000
_MOST_AMOUNT = Decimal(10) ** 12
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_WHOLE = re.compile(r"\s*0*[0-9]{1,12}\s*", re.ASCII)
# No database keeps a null, and half a letter (a lone surrogate) is no text in any encoding.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class PartKind(StrEnum):
    """CHOICE: one of `choices`; WORDS: several texts; NAME: a text that names something elsewhere."""

    CHOICE = "choice"
    WORDS = "words"
    TEXT = "text"
    NAME = "name"
    NUMBER = "number"
    AMOUNT = "amount"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a row. `only_for`: it is said, and needed unless `optional`, only with these words of `is`."""

    name: str
    kind: PartKind
    choices: tuple[str, ...] = ()
    optional: bool = False
    default: Any = None
    least: int = 0
    most: int = MOST_DAYS
    pattern: str = ""
    example: str = ""
    only_for: frozenset[str] = frozenset()

    @property
    def empty(self) -> Any:
        """What the part is where nothing is said."""
        if self.default is not None:
            return self.default
        return {PartKind.WORDS: (), PartKind.YES: False, PartKind.NUMBER: None, PartKind.AMOUNT: None}.get(
            self.kind, ""
        )

    def read(self, given: Any) -> Any:
        """Returns the value as its row holds it. Raises Refused with the rest of a sentence about the part."""
        match self.kind:
            case PartKind.CHOICE:
                if not isinstance(given, str) or given not in self.choices:
                    raise _wrong(given, f"is none of: {', '.join(self.choices)}")
                return given
            case PartKind.WORDS:
                return self._words(given)
            case PartKind.NUMBER:
                return self._number(given)
            case PartKind.AMOUNT:
                return _amount(given)
            case PartKind.YES:
                if not isinstance(given, bool):
                    raise _wrong(given, "is neither true nor false")
                return given
            case _:
                return self._text(given)

    def write(self, value: Any) -> Any:
        """Returns a value as JSON says it."""
        if isinstance(value, tuple):
            return list(value)
        return f"{value:f}" if isinstance(value, Decimal) else value

    def _text(self, given: Any) -> str:
        if isinstance(given, int | float) and not isinstance(given, bool):
            given = str(given)
        if not isinstance(given, str):
            raise _wrong(given, "is no text")
        text = given.strip()
        if len(text) > LONGEST_TEXT or _UNSTORABLE.search(text):
            raise _wrong(text, f"is longer than {LONGEST_TEXT} letters, or holds a letter that cannot be")
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise _wrong(text, f"cannot be used here; write it as {self.example}")
        return text

    def _words(self, given: Any) -> tuple[str, ...]:
        if isinstance(given, str):
            given = [given]
        if not isinstance(given, Sequence) or not given or len(given) > MOST_WORDS:
            raise Refused(f"one to {MOST_WORDS} values are needed.")
        words = tuple(dict.fromkeys(self._text(each) for each in given))
        if self.choices:
            for word in words:
                if word not in self.choices:
                    raise _wrong(word, f"is none of: {', '.join(self.choices)}")
        if "" in words:
            raise Refused("one of the values is empty.")
        return words

    def _number(self, given: Any) -> int:
        if isinstance(given, str) and _WHOLE.fullmatch(given):
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool) or not self.least <= given <= self.most:
            raise _wrong(given, f"is no whole number from {self.least} to {self.most}")
        return given


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `path` for machines (all.1.days), `row` for people (1.2, counted from 1)."""

    path: str = ""
    row: str = ""

    def inner(self, word: str, at: int) -> Place:
        """Returns the place of the member `at` of a group."""
        number = str(at + 1)
        return Place(_joined(self.path, f"{word}.{at}"), _joined(self.row, number))

    def refused(self, what: str, part: str = "", *, next_step: str = "") -> Refused:
        """Returns the error to raise about this place, or about a part of it."""
        row = f"Row {self.row}: " if self.row else "The segment: "
        return Refused(row + what, field=_joined(self.path, part), next_step=next_step)


def read_parts(parts: Sequence[Part], given: Mapping[str, Any], is_: str, place: Place) -> dict[str, Any]:
    """Returns the values of a row's parts. Raises Refused where one is missing, wrong or does not belong there."""
    known = {part.name for part in parts if not part.only_for or is_ in part.only_for}
    for name in given:
        if name not in known and name not in ("about", "is"):
            raise place.refused(f"{str(name)[:40]!r} does not belong here.", str(name)[:40])
    values: dict[str, Any] = {}
    for part in parts:
        said = given.get(part.name)
        if part.name not in known or said is None or said == "" or said == []:
            if part.name in known and not part.optional:
                raise place.refused(f"it does not say its {part.name.replace('_', ' ')}.", part.name)
            values[part.name] = part.empty
            continue
        try:
            values[part.name] = part.read(said)
        except Refused as error:
            raise place.refused(f"{part.name.replace('_', ' ')}: {error.message}", part.name) from None
    return values


def is_plain_number(text: str) -> bool:
    """Says whether a text is a plain decimal number, as 42 or -1.5."""
    return _PLAIN.match(text) is not None


def _amount(given: Any) -> Decimal:
    try:
        amount = Decimal(given.strip() if isinstance(given, str) else str(given))
    except (InvalidOperation, ValueError):
        raise _wrong(given, "is no amount; write it as 49.90") from None
    if isinstance(given, bool) or not amount.is_finite() or not 0 < amount < _MOST_AMOUNT:
        raise _wrong(given, "is no amount above nought")
    if amount != round(amount, 4):
        raise _wrong(given, "has more than four decimal places")
    return amount


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _wrong(given: Any, why: str) -> Refused:
    return Refused(f"{str(given)[:40]!r} {why}.")
