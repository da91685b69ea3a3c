"""Every change of clock that the time zones of this machine know, found by looking at their offsets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
# No zone changes its clock twice within so few days; Morocco's change for Ramadan lasts a month.
_STEP = timedelta(days=7)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Change:
    """The clocks of a zone change at an instant: `after` - `before` is positive where they skip, negative where they
    repeat.
    """

    place: ZoneInfo
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def span(self) -> timedelta:
        return self.after - self.before

    @property
    def kind(self) -> tuple[timedelta, timedelta, timedelta]:
        """What two changes have in common that are alike: by how much, and at which time of day."""
        wall = (self.at + self.before).replace(tzinfo=None)
        return self.span, self.before, timedelta(hours=wall.hour, minutes=wall.minute)


def changes(name: str, first: datetime = FIRST, last: datetime = LAST) -> Iterator[Change]:
    """Yields the changes of a zone's clock."""
    place = ZoneInfo(name)
    at = first
    before = _offset(at, place)
    while at < last:
        following = at + _STEP
        after = _offset(following, place)
        if after != before:
            yield Change(place, _instant(at, following, place, before), before, after)
        at, before = following, after


def every_change() -> Iterator[Change]:
    """Yields every change of every zone until 2035."""
    for name in sorted(available_timezones()):
        yield from changes(name)


def one_of_each_kind() -> list[Change]:
    """Returns one change of each kind within two years."""
    found: dict[tuple[timedelta, timedelta, timedelta], Change] = {}
    for name in sorted(available_timezones()):
        for change in changes(name, FIRST, FIRST + timedelta(days=731)):
            found.setdefault(change.kind, change)
    return list(found.values())


def _offset(at: datetime, place: ZoneInfo) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta()


def _instant(early: datetime, late: datetime, place: ZoneInfo, before: timedelta) -> datetime:
    while late - early > _MINUTE:
        middle = early + (late - early) / 2
        early, late = (middle, late) if _offset(middle, place) == before else (early, middle)
    return late.replace(second=0, microsecond=0)


def check_change(change: Change) -> None:
    """Asserts what holds of every time of day around a change of clocks, every quarter of an hour for a day."""
    from hub.model.local_time import local_instant, minutes_before
    from hub.model.schedule import read_schedule

    place, name = change.place, change.place.key
    skipped = (change.at + change.before).replace(tzinfo=None)
    repeated = (change.at + change.after).replace(tzinfo=None)
    start = min(skipped, repeated) - timedelta(hours=3)
    last = None
    for quarter in range(4 * 12):
        wall = start + quarter * timedelta(minutes=15)
        instant = local_instant(wall, place)
        there = instant.astimezone(place)
        local = there.replace(tzinfo=None)
        if change.span > timedelta() and skipped <= wall < skipped + change.span:
            # A time that is skipped: the first valid instant after the gap.
            assert instant == change.at, (name, wall)
            assert local == skipped + change.span, (name, wall)
        else:
            assert local == wall, (name, wall)
            # A time that comes twice: the first pass.
            assert there.fold == 0, (name, wall)
        assert last is None or instant >= last, (name, wall)
        last = instant
        again = read_schedule({"kind": "recurring", "cron": f"{wall.minute} {wall.hour} * * *"})
        day_before = local_instant(wall - timedelta(days=1), place)
        assert again.next_after(day_before, name) == instant, (name, wall)
        own = read_schedule({"kind": "once", "at": wall.isoformat(timespec="minutes"), "zone": "recipient"})
        starts_at = own.next_after(instant - timedelta(days=3), name)
        assert starts_at is not None
        assert own.due_at(starts_at, place) == instant, (name, wall)
        assert minutes_before(local_instant(wall + timedelta(days=1), place), 1440, place) == instant or (
            wall + timedelta(days=1) == skipped
        ), (name, wall)
