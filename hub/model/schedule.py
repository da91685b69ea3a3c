"""Schedules: once or again and again, on the business's clock or on each recipient's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hub.model.cron import Cron, read_cron
from hub.model.errors import Refused
from hub.model.habits import BestHours, read_best_hours
from hub.model.local_time import local_instant, zone

Word = TypeVar("Word", bound=StrEnum)
# Where a day begins first (Kiritimati): a run by recipients' own clocks starts when it is that time there.
_FIRST = timedelta(hours=14)
_A_DAY = timedelta(days=1)


class Kind(StrEnum):
    ONCE = "once"
    RECURRING = "recurring"


class Clock(StrEnum):
    """Whose clock a time is on."""

    BUSINESS = "business"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a campaign runs. Once: `at`, a wall-clock time (naive), None for at once; recurring: `cron`.

    `best`: within these hours of the day each recipient gets it at their own best one, if that is known; only on
    recipients' own clocks.
    """

    kind: Kind
    at: datetime | None = None
    cron: Cron | None = None
    clock: Clock = Clock.BUSINESS
    best: BestHours | None = None

    @property
    def is_now(self) -> bool:
        return self.kind is Kind.ONCE and self.at is None

    def next_after(self, after: datetime, business_zone: str) -> datetime | None:
        """Returns the next start after an instant, or None. For `once`, its time, although it may be past by then.

        A local time that the clocks skip gives the first valid instant after, one that comes twice the first pass.
        """
        place = None if self.clock is Clock.RECIPIENT else zone(business_zone)
        if self.cron is None:
            return after if self.at is None else _instant(self._start(self.at), place)
        today = (after.astimezone(place) if place else after + _FIRST).date()
        for wall in self.cron.walls(today - _A_DAY):
            if (instant := _instant(self._start(wall), place)) > after:
                return instant
        return None

    def due_at(self, starts_at: datetime, recipient: ZoneInfo, best: int | None = None) -> datetime:
        """Returns when a run that starts then is due at a recipient, whose best hour is `best`, None if unknown."""
        if self.is_now or self.clock is Clock.BUSINESS:
            return starts_at
        wall = (starts_at + _FIRST).astimezone(UTC)
        if self.best is not None:
            wall = datetime.combine(wall.date(), self.best.at(best) or self._time)
        return local_instant(wall, recipient)

    @property
    def _time(self) -> time:
        """The time of the day at which it is due to those whose best hour is not known."""
        if self.at is not None:
            return self.at.time()
        return time(self.cron.hours[0], self.cron.minute) if self.cron is not None else time()

    def _start(self, wall: datetime) -> datetime:
        """Returns when a run has to start: with the first of the hours that may be somebody's best one."""
        if self.best is None:
            return wall
        return min(wall, wall.replace(hour=self.best.first, minute=0))

    def audience_time(self, starts_at: datetime, now: datetime, business_zone: str) -> datetime:
        """Returns the time by which a run asks who belongs; what is asked about days is asked about that zone's day.

        By recipients' own clocks that is the day of the run, wherever it has not begun yet: a birthday on the 3rd is
        greeted on the 3rd.
        """
        if self.clock is Clock.RECIPIENT and not self.is_now:
            return starts_at.astimezone(timezone(_FIRST))
        return now.astimezone(zone(business_zone))

    def in_words(self) -> str:
        """Returns the schedule as a sentence of English."""
        whose = "on each recipient's own clock" if self.clock is Clock.RECIPIENT else "on our clock"
        if self.best is not None:
            whose += f", or at their best hour from {self.best.first}:00 to {self.best.end}:00"
        if self.cron is not None:
            return f"{self.cron.text}, {whose}"
        return "At once" if self.at is None else f"On {self.at:%Y-%m-%d at %H:%M}, {whose}"

    def as_json(self) -> dict[str, Any]:
        """Returns it as `read_schedule` reads it."""
        if self.is_now:
            return {"kind": self.kind.value, "at": "now"}
        told = {"cron": self.cron.text} if self.cron else {"at": f"{self.at:%Y-%m-%dT%H:%M}"}
        best = {"best_hours": self.best.as_json()} if self.best else {}
        return {"kind": self.kind.value, **told, "zone": self.clock.value, **best}


def read_schedule(data: object) -> Schedule:
    """Reads `{"kind": "once", "at": "now" or "2026-12-01T09:00", "zone": ...}` or `{"kind": "recurring", "cron": ...}`.

    Raises Refused naming the field.
    """
    if not isinstance(data, Mapping):
        raise Refused("A schedule says when: once or recurring.", field="schedule")
    unknown = sorted(set(data) - {"kind", "at", "cron", "zone", "best_hours"})
    if unknown:
        raise Refused(f"{str(unknown[0])[:40]!r} is no part of a schedule.", field="schedule")
    clock = _one_of(Clock, data.get("zone", Clock.BUSINESS), "schedule.zone")
    best = read_best_hours(data.get("best_hours"), "schedule.best_hours")
    if best is not None and clock is not Clock.RECIPIENT:
        raise Refused(
            "A best hour is one of the recipient's own day.",
            field="schedule.best_hours",
            next_step="Choose each recipient's own clock.",
        )
    if _one_of(Kind, data.get("kind"), "schedule.kind") is Kind.RECURRING:
        if "at" in data or not isinstance(data.get("cron"), str):
            raise Refused("A campaign that comes round says when it does.", field="schedule.cron")
        cron = read_cron(data["cron"])
        if best is not None and len(cron.hours) != 1:
            raise Refused("What goes out at a best hour has one time of the day.", field="schedule.best_hours")
        return Schedule(kind=Kind.RECURRING, cron=cron, clock=clock, best=best)
    at = data.get("at")
    if "cron" in data or not isinstance(at, str):
        raise Refused('Say when: "now", or a time as 2026-12-01T09:00.', field="schedule.at")
    if at != "now":
        return Schedule(kind=Kind.ONCE, at=_wall(at), clock=clock, best=best)
    if best is not None:
        raise Refused("What goes out at once waits for no best hour.", field="schedule.best_hours")
    return Schedule(kind=Kind.ONCE)


def _wall(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) < len("2026-12-01T09:00"):
        raise Refused(f"{text[:40]!r} is no time; write it as 2026-12-01T09:00.", field="schedule.at")
    if found.tzinfo is not None:
        raise Refused("This time has a zone of its own; choose whose clock it is on instead.", field="schedule.at")
    return found.replace(second=0, microsecond=0, fold=0)


def _instant(wall: datetime, place: ZoneInfo | None) -> datetime:
    return local_instant(wall, place) if place else wall.replace(tzinfo=UTC) - _FIRST


def _one_of(words: type[Word], value: object, field: str) -> Word:
    if not isinstance(value, str) or value not in set(words):
        raise Refused(f"{str(value)[:40]!r} is none of {', '.join(words)}.", field=field)
    return words(value)
