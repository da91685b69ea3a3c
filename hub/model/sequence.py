"""Sequences as data: what lets a customer in, and the steps that follow, each leading on to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import ClassVar

from hub.model.habits import BestHours
from hub.model.segment import Segment, read_segment


class Trigger(StrEnum):
    """What lets a customer in."""

    FORM = "form_posted"
    DETRACTOR = "survey_detractor"
    PURCHASE = "purchase"
    KEPT = "appointment_kept"
    MISSED = "appointment_missed"
    CANCELLED = "appointment_cancelled"
    NO_REPLY = "no_reply"
    CART = "cart_left"
    SEGMENT = "segment_entered"


class Standing(StrEnum):
    """Where somebody's way through a sequence stands. Left: by a reply, a STOP or staff, before its end."""

    ACTIVE = "active"
    DONE = "done"
    LEFT = "left"


class Asks(StrEnum):
    """What a branch looks at."""

    SEGMENT = "segment"
    FACT = "fact"
    ANSWER = "answer"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What lets somebody in. `form`: only that one; `days`: without a reply for so long; `minutes`: a cart
    that nobody touched for so long; `segment`: who comes into it,
    or of whom else only those who are in it. `again_days`: who was through may enter anew after so many, None: never.
    """

    on: Trigger
    form: str = ""
    days: int = 3
    minutes: int = 60
    segment: str = ""
    again_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A message by a template and a channel. `best_hours`: not before the customer's best hour, if it is one of these
    and known; `best_of`: other channels, one of which takes its place where the customer writes to us mostly that way.
    """

    kind: ClassVar[str] = "send"

    template: str
    channel: str
    best_hours: BestHours | None = None
    best_of: tuple[str, ...] = ()
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A pause; `at`: then on to that time of the customer's own day."""

    kind: ClassVar[str] = "wait"

    minutes: int
    at: time | None = None
    next: str

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitReply:
    """A pause until the customer writes, at most so long."""

    kind: ClassVar[str] = "wait_reply"

    minutes: int
    replied: str
    silent: str

    @property
    def ways(self) -> Mapping[str, str]:
        return {"replied": self.replied, "silent": self.silent}


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A fork. `asks` a segment: who belongs to `name`; a fact or an answer: `name` compared with `value`; a reply: what
    the customer wrote last is a yes.
    """

    kind: ClassVar[str] = "branch"

    asks: Asks
    name: str = ""
    test: str = "equal"
    value: str = ""
    yes: str
    no: str

    @property
    def ways(self) -> Mapping[str, str]:
        return {"yes": self.yes, "no": self.no}

    @property
    def condition(self) -> Segment | None:
        """What a branch on a fact asks, in the language of segments."""
        return fact_condition(self.name, self.test, self.value) if self.asks is Asks.FACT else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something for staff to do, within so many days."""

    kind: ClassVar[str] = "task"

    title: str
    days: int = 1
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Another system is told, signed as Standard Webhooks say."""

    kind: ClassVar[str] = "webhook"

    url: str
    next: str = ""

    @property
    def ways(self) -> Mapping[str, str]:
        return {"next": self.next} if self.next else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end."""

    kind: ClassVar[str] = "end"

    @property
    def ways(self) -> Mapping[str, str]:
        return {}


Step = Send | Wait | WaitReply | Branch | Task | Webhook | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence. `late_minutes`: later than this after its time, a message is left out; `leaves_at_reply`: who writes
    to us is out. Whoever says STOP is out whatever stands here.
    """

    title: str
    entry: Entry
    late_minutes: int = 60
    leaves_at_reply: bool = False
    start: str
    steps: Mapping[str, Step] = field(default_factory=dict)

    @property
    def lateness(self) -> timedelta:
        return timedelta(minutes=self.late_minutes)

    @property
    def names(self) -> Mapping[str, set[str]]:
        """What it names elsewhere: templates, channels, segments, forms."""
        sends = [step for step in self.steps.values() if isinstance(step, Send)]
        asked = [step.name for step in self.steps.values() if isinstance(step, Branch) and step.asks is Asks.SEGMENT]
        return {
            "template": {step.template for step in sends},
            "channel": {name for step in sends for name in (step.channel, *step.best_of)},
            "segment": {name for name in (self.entry.segment, *asked) if name},
            "form": {self.entry.form} if self.entry.form else set(),
        }


def fact_condition(name: str, test: str, value: str) -> Segment:
    """Returns a test of one fact in the language of segments. Raises Refused."""
    row = {"about": "fact", "name": name, "is": test}
    return read_segment({"all": [row if test in ("known", "unknown") else {**row, "value": value}]})
