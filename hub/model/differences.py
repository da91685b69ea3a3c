"""Differences between two wordings, line by line, and which words of a changed line are others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "gone", "new", "skipped"]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# So many lines around a change are shown; the rest are counted.
_AROUND = 2
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `pieces`: its text in parts, each with whether it is other than in the other wording."""

    kind: Kind
    pieces: tuple[tuple[str, bool], ...] = ()
    skipped: int = 0


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Line]]:
    """Returns the changed lines of each face with some lines around them; a face that is the same is left out."""
    names = [name for name in dict.fromkeys([*after, *before]) if before.get(name, "") != after.get(name, "")]
    return {name: list(_lines(before.get(name, ""), after.get(name, ""))) for name in names}


def _lines(before: str, after: str) -> Iterator[Line]:
    old, new = before.splitlines()[:_LONGEST], after.splitlines()[:_LONGEST]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for number, (tag, old_from, old_to, new_from, new_to) in enumerate(codes):
        if tag == "equal":
            yield from _around(old[old_from:old_to], first=number == 0, last=number == len(codes) - 1)
        elif tag == "replace" and old_to - old_from == new_to - new_from:
            for was, now in zip(old[old_from:old_to], new[new_from:new_to], strict=True):
                gone, come = _words(was, now)
                yield Line("gone", gone)
                yield Line("new", come)
        else:
            yield from (Line("gone", ((line, True),)) for line in old[old_from:old_to])
            yield from (Line("new", ((line, True),)) for line in new[new_from:new_to])


def _around(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[Line]:
    head = [] if first else lines[:_AROUND]
    tail = [] if last else lines[max(len(head), len(lines) - _AROUND) :]
    skipped = len(lines) - len(head) - len(tail)
    yield from (Line("same", ((line, False),)) for line in head)
    if skipped:
        yield Line("skipped", skipped=skipped)
    yield from (Line("same", ((line, False),)) for line in tail)


def _words(was: str, now: str) -> tuple[tuple[tuple[str, bool], ...], tuple[tuple[str, bool], ...]]:
    old, new = _WORDS.findall(was), _WORDS.findall(now)
    gone: list[tuple[str, bool]] = []
    come: list[tuple[str, bool]] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone.append(("".join(old[old_from:old_to]), tag != "equal"))
        come.append(("".join(new[new_from:new_to]), tag != "equal"))
    return tuple(each for each in gone if each[0]), tuple(each for each in come if each[0])
