"""On-call rosters as data: who is rung at a moment, in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.model.local_time import zone
from hub.model.opening_hours import WEEKDAYS, Span

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Somebody who can be rung; `number` in E.164."""

    name: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """These are rung, in this order, on these weekdays in this span of the day. A date's shift has no weekdays."""

    days: tuple[str, ...] = ()
    span: Span
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Staff's phones and when each is rung. Without a week everybody is, at any hour.

    `days`: dates with shifts of their own (none: nobody is rung). An empty `time_zone` is the business's own.
    """

    title: str
    time_zone: str = ""
    people: tuple[OnCall, ...]
    week: tuple[Shift, ...] = ()
    days: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)

    def on_call(self, at: datetime, home: str = "UTC") -> Sequence[OnCall]:
        """Returns who is rung at a moment, in order, each once; `home` is the business's own zone."""
        local = at.astimezone(zone(self.time_zone or home))
        shifts = self.days.get(local.date().isoformat())
        if shifts is None:
            if not self.week:
                return self.people
            shifts = tuple(shift for shift in self.week if WEEKDAYS[local.weekday()] in shift.days)
        now = local.time()
        named = [
            name
            for shift in shifts
            if shift.span[0] <= now and (shift.span[1] is None or now < shift.span[1])
            for name in shift.people
        ]
        known = {each.name: each for each in self.people}
        return [known[name] for name in dict.fromkeys(named)]
