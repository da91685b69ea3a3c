"""A segment: rows in and/or groups, read from JSON with every rule checked, and written back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hub.model.segment.about_habits import BestChannel, BestHour
from hub.model.segment.about_history import Answered, Bought, Meets, Reached, Scored, Spoke
from hub.model.segment.about_person import (
    Address,
    Agreed,
    Birthday,
    Country,
    Created,
    Fact,
    Language,
    Relationship,
    TimeZone,
)
from hub.model.segment.about_records import Advised, Earned, Offered, Owns, Valued
from hub.model.segment.parts import Place
from hub.model.segment.row import Row
from hub.model.segment.sentence import Sentence

DEEPEST = 4
MOST_ROWS = 40
KINDS: Mapping[str, type[Row]] = {
    kind.about: kind
    for kind in (
        Relationship, Language, Country, TimeZone, Birthday, Created, Fact, Address, Agreed,
        Bought, Meets, Spoke, Reached, Scored, Answered, Owns, Offered, Earned, Valued, Advised,
        BestHour, BestChannel,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """All, or any, of its members must be true. An empty group is true for everybody."""

    word: Literal["all", "any"]
    members: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of what it holds."""

    member: Node


Node = Group | Not | Row


@dataclass(frozen=True, slots=True)
class Segment:
    """Who belongs: a group of conditions. `Segment` of nothing is everybody."""

    root: Node

    def as_json(self) -> dict[str, Any]:
        """Returns the conditions as they are stored."""
        return _as_json(self.root)

    def rows(self) -> Iterator[tuple[Row, bool]]:
        """Yields every row in order, and whether its opposite is asked for."""
        return _rows(self.root, False)

    def sentences(self) -> list[Sentence]:
        """Returns what each row says."""
        return [row.say() for row, _opposite in self.rows()]


def read_segment(conditions: Mapping[str, Any]) -> Segment:
    """Reads conditions as JSON says them. Raises Refused naming the row (for people) and its path (in `field`)."""
    segment = Segment(_read(conditions, Place(), 1))
    if sum(1 for _row in segment.rows()) > MOST_ROWS:
        raise Place().refused(f"it has more than {MOST_ROWS} rows.")
    return segment


def _read(given: Any, place: Place, depth: int) -> Node:
    if not isinstance(given, Mapping):
        raise place.refused("this is no condition.")
    if "about" in given:
        about = given["about"]
        if not isinstance(about, str) or about not in KINDS:
            raise place.refused(f"{str(about)[:40]!r} is nothing to ask about: {', '.join(KINDS)}.", "about")
        return KINDS[about].read(given, place)
    if depth > DEEPEST:
        raise place.refused(f"groups stand within groups more than {DEEPEST} deep.")
    if len(given) != 1 or next(iter(given)) not in ("all", "any", "not"):
        raise place.refused("a condition is a row (about, is) or one of: all, any, not.")
    word, inner = next(iter(given.items()))
    if word == "not":
        return Not(_read(inner, Place(f"{place.path}.not".strip("."), place.row), depth + 1))
    if not isinstance(inner, Sequence) or isinstance(inner, str) or len(inner) > MOST_ROWS:
        raise place.refused(f"{word!r} needs a list of at most {MOST_ROWS} conditions.", str(word))
    return Group(word, tuple(_read(each, place.inner(word, at), depth + 1) for at, each in enumerate(inner)))


def _as_json(node: Node) -> dict[str, Any]:
    match node:
        case Group(word, members):
            return {word: [_as_json(each) for each in members]}
        case Not(member):
            return {"not": _as_json(member)}
        case _:
            return node.as_json()


def _rows(node: Node, opposite: bool) -> Iterator[tuple[Row, bool]]:
    match node:
        case Group(_, members):
            for each in members:
                yield from _rows(each, opposite)
        case Not(member):
            yield from _rows(member, not opposite)
        case _:
            yield node, opposite
