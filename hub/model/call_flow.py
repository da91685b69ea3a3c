"""Call flows as data: the steps that a caller is led through, and which of them are played at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from hub.model.local_time import zone
from hub.model.opening_hours import WEEKDAYS, OpeningHours, Span, Spans, Standing

__all__ = [
    "WEEKDAYS", "CallFlow", "Hangup", "Hours", "Languages", "Menu", "Queue", "Ring", "Say", "Span", "Step",
    "Voicemail", "Words",
]  # fmt: skip

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Words that are read out; without `next` the call ends after them.

    `sounds`: names of recordings, by language, that are played instead; the words stand for them where one is missing.
    """

    kind: ClassVar[str] = "say"

    words: Words
    sounds: Words = field(default_factory=dict)
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A fork by the clock; `week` and `days` as OpeningHours has them.

    On such a date outside its hours the way is `holiday` where there is one, else `closed`.
    """

    kind: ClassVar[str] = "hours"

    week: Spans
    days: Spans = field(default_factory=dict)
    open: str
    closed: str
    holiday: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"open": self.open, "closed": self.closed, **({"holiday": self.holiday} if self.holiday else {})}

    def way(self, local: datetime) -> str:
        """Returns the step to which a local time leads."""
        match OpeningHours(week=self.week, days=self.days).standing(local):
            case Standing.OPEN:
                return self.open
            case Standing.HOLIDAY:
                return self.holiday or self.closed
        return self.closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """A message after the tone. `announced`: the hub says that it is recorded; else the words before must say so."""

    kind: ClassVar[str] = "voicemail"

    max_seconds: int = 120
    transcribe: bool = False
    announced: bool = True
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """The end of the call."""

    kind: ClassVar[str] = "hangup"

    @property
    def ways(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A choice by a key. No key or another one: said again, `rounds` times in all; then on to `next`, or the end."""

    kind: ClassVar[str] = "menu"

    words: Words
    sounds: Words = field(default_factory=dict)
    digits: Mapping[str, str]
    rounds: int = 2
    seconds: int = 5
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {**self.digits, **({"next": self.next} if self.next else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """A choice of the language, each asked for in itself; the call goes on in the chosen one, else as it was."""

    kind: ClassVar[str] = "languages"

    words: Words
    sounds: Words = field(default_factory=dict)
    digits: Mapping[str, str]
    seconds: int = 5
    next: str

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """Rings who is on call by a roster, in order or all at once, each so many seconds; whoever answers must press 1.

    `next`: where the call goes when nobody does. `record`: the call is recorded from then on, after both were told so
    and unless the caller presses a key to go on unrecorded.
    """

    kind: ClassVar[str] = "ring"

    roster: str
    seconds: int = 20
    together: bool = False
    record: bool = False
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A caller waits with music until somebody on call by a roster takes the call, at most `longest` seconds.

    Their phones ring as in Ring while somebody waits. `position`: the place in the queue is said, and how long others
    have waited. `music`: the name of a recording, the provider's own where there is none. `digits`: keys that lead out
    of the queue. `record` as in Ring: the caller is asked before they wait. `next`: where the call goes when it was too
    long, or nobody is on call.
    """

    kind: ClassVar[str] = "queue"

    roster: str
    seconds: int = 20
    together: bool = False
    longest: int = 300
    position: bool = True
    music: str = ""
    record: bool = False
    digits: Mapping[str, str] = field(default_factory=dict)
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {**self.digits, **({"next": self.next} if self.next else {})}


Step = Say | Hours | Menu | Languages | Ring | Queue | Voicemail | Hangup


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFlow:
    """A call flow. Its first language is spoken to callers whose own it does not have; `voices` are by language.

    An empty `time_zone` is the business's own.
    """

    title: str
    languages: tuple[str, ...]
    time_zone: str = ""
    voices: Words = field(default_factory=dict)
    start: str
    steps: Mapping[str, Step]

    def language(self, wanted: Iterable[str]) -> str:
        """Returns the first wanted language that the flow speaks, by its main part if need be; else its own first."""
        for tag in wanted:
            for spoken in self.languages:
                if spoken.lower() == tag.lower() or spoken.partition("-")[0] == tag.lower().partition("-")[0]:
                    return spoken
        return self.languages[0]

    def path(self, at: datetime, begin: str = "") -> Sequence[tuple[str, Step]]:
        """Returns the steps that a caller meets at a moment, with their names, up to one that waits or ends the call.

        `begin`: the step to go on with, the first unless named. Forks by the clock are taken, and are not among them.
        """
        local = at.astimezone(zone(self.time_zone or "UTC"))
        met: list[tuple[str, Step]] = []
        name = begin or self.start
        while name:
            step = self.steps[name]
            if isinstance(step, Hours):
                name = step.way(local)
                continue
            met.append((name, step))
            name = step.next if isinstance(step, Say) else ""
        return met
