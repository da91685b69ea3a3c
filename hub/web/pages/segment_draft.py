"""A segment while staff edits it: its conditions as fields of a page, and back; what they say is checked elsewhere.

A place in the draft is a path: `r` is the outermost group, `r.0` its first member, `r.0.2` the third one of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.model.segment import DEEPEST, KINDS, MOST_ROWS
from hub.model.segment.parts import Part, PartKind
from hub.web.pages.fields import Form, text_of

ROOT = "r"
_FIRST = {"about": "purchases", "is": "has", "days": "90"}


@dataclass
class Draft:
    """A row (`about` is set) or a group of members; `opposite`: the opposite of it is asked for."""

    path: str
    opposite: bool = False
    about: str = ""
    is_: str = ""
    values: dict[str, str] = field(default_factory=dict)
    word: str = "all"
    members: list[Draft] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """What the row may say, as its word stands now."""
        return [part for part in KINDS[self.about].parts if not part.only_for or self.is_ in part.only_for]

    @property
    def words(self) -> tuple[str, ...]:
        """The words that the row's `is` may say."""
        return KINDS[self.about].words

    @property
    def may_hold_groups(self) -> bool:
        return self.path.count(".") + 2 < DEEPEST


def new_draft() -> Draft:
    """Returns what a new segment begins as: who bought lately."""
    return draft_of({"all": [_FIRST]})


def draft_of(conditions: Mapping[str, Any]) -> Draft:
    """Returns conditions as a draft; one row alone stands in a group."""
    root = _draft(conditions, ROOT, opposite=False)
    if root.about or root.opposite:
        root = Draft(ROOT, members=[_draft(conditions, f"{ROOT}.0", opposite=False)])
    return root


def _draft(given: Mapping[str, Any], path: str, *, opposite: bool) -> Draft:
    if "not" in given:
        return _draft(given["not"], path, opposite=not opposite)
    if "about" in given:
        parts = {part.name: part for part in KINDS[given["about"]].parts}
        values = {name: _written(part, given[name]) for name, part in parts.items() if name in given}
        return Draft(path, opposite, about=given["about"], is_=given["is"], values=values)
    [(word, members)] = given.items()
    inner = [_draft(each, f"{path}.{at}", opposite=False) for at, each in enumerate(members)]
    return Draft(path, opposite, word=word, members=inner)


def _written(part: Part, value: Any) -> str:
    if part.kind is PartKind.YES:
        return "1" if value else ""
    return ", ".join(value) if isinstance(value, list) else str(value)


def posted_draft(posted: Form) -> Draft:
    """Returns the draft that a page sent, after what its pressed button asks: `add:r.0`, `group:r`, `remove:r.2`."""
    asked, _colon, where = text_of(posted, "act").partition(":")
    draft = _posted(posted, ROOT, removed=where if asked == "remove" else "", left=[MOST_ROWS * 2])
    chosen = next((each for each in _every(draft) if each.path == where and not each.about), None)
    if chosen is not None and asked in ("add", "group"):
        row = _draft(_FIRST, "", opposite=False)
        chosen.members.append(row if asked == "add" else Draft("", word="any", members=[row]))
    _number(draft, ROOT)
    return draft


def _posted(posted: Form, path: str, *, removed: str, left: list[int]) -> Draft:
    """Reads one place; `left` counts down, so that no posted number makes the hub read on and on."""
    left[0] -= 1
    opposite = bool(text_of(posted, f"{path}.not"))
    about = text_of(posted, f"{path}.about")
    if about in KINDS:
        kind = KINDS[about]
        is_ = text_of(posted, f"{path}.is")
        values = {part.name: text_of(posted, f"{path}.{part.name}").strip() for part in kind.parts}
        return Draft(path, opposite, about=about, is_=is_ if is_ in kind.words else kind.words[0], values=values)
    count = text_of(posted, f"{path}.count")
    size = int(count) if count.isascii() and count.isdecimal() and len(count) < 4 else 0
    inner = [f"{path}.{at}" for at in range(size)]
    word = text_of(posted, f"{path}.word")
    members = [
        _posted(posted, each, removed=removed, left=left)
        for each in inner
        if each != removed and left[0] > 0 and path.count(".") < DEEPEST
    ]
    return Draft(path, opposite, word=word if word in ("all", "any") else "all", members=members)


def _every(draft: Draft) -> list[Draft]:
    return [draft, *(each for member in draft.members for each in _every(member))]


def _number(draft: Draft, path: str) -> None:
    draft.path = path
    for at, member in enumerate(draft.members):
        _number(member, f"{path}.{at}")


def conditions_of(draft: Draft) -> dict[str, Any]:
    """Returns the conditions that a draft stands for, to be read by the model."""
    said: dict[str, Any]
    if draft.about:
        said = {"about": draft.about, "is": draft.is_}
        said |= {part.name: _said(part, text) for part in draft.parts if (text := draft.values.get(part.name, ""))}
    else:
        said = {draft.word: [conditions_of(each) for each in draft.members]}
    return {"not": said} if draft.opposite else said


def _said(part: Part, text: str) -> Any:
    if part.kind is PartKind.WORDS:
        return [word.strip() for word in text.split(",") if word.strip()]
    return True if part.kind is PartKind.YES else text
