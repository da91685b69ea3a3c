"""Rows about habits: at what hour, and by which way, a customer is reached best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub.model.habits import HOURS, SPOKEN
from hub.model.segment.about_history import MEDIUM_WORDS
from hub.model.segment.parts import Part, PartKind, Place
from hub.model.segment.row import Row
from hub.model.segment.sentence import N_, Phrase

_BETWEEN = frozenset({"between"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BestHour(Row):
    """The hour of their own day around which they write to us most; unknown where there is too little evidence."""

    about: ClassVar[str] = "best_hour"
    words: ClassVar[tuple[str, ...]] = ("between", "known", "unknown")
    parts: ClassVar[tuple[Part, ...]] = (
        Part(name="since", kind=PartKind.NUMBER, most=HOURS - 1, only_for=_BETWEEN),
        Part(name="until", kind=PartKind.NUMBER, least=1, most=HOURS, only_for=_BETWEEN),
    )

    since: int | None
    until: int | None

    def check(self, place: Place) -> None:
        if self.is_ == "between" and (self.since or 0) >= (self.until or 0):
            raise place.refused("the hours end before they begin", "until")

    def phrases(self) -> list[Phrase]:
        match self.is_:
            case "known":
                return [N_("their best hour is known")]
            case "unknown":
                return [N_("too little is known for a best hour")]
            case _:
                hours = {"since": f"{self.since or 0}:00", "until": f"{self.until or 0}:00"}
                return [N_("the best hour to write to them is between %(since)s and %(until)s", **hours)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestChannel(Row):
    """The way by which they write to us most; who writes too little for that has none."""

    about: ClassVar[str] = "best_channel"
    words: ClassVar[tuple[str, ...]] = ("is", "is_not")
    parts: ClassVar[tuple[Part, ...]] = (Part(name="medium", kind=PartKind.CHOICE, choices=SPOKEN),)

    medium: str

    def phrases(self) -> list[Phrase]:
        medium = MEDIUM_WORDS[self.medium]
        if self.is_ == "is":
            return [N_("writes to us mostly %(medium)s", medium=medium)]
        return [N_("does not write to us mostly %(medium)s", medium=medium)]
