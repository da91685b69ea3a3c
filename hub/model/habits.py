"""Habits: by which way and at what hour a customer writes to us, where there is evidence enough to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from hub.model.errors import Refused

# Less than this many messages of theirs within a year say nothing about how they like to be reached.
LEAST_MESSAGES = 5
SPOKEN = ("email", "sms", "whatsapp", "call")
# By which scheme of address an answer goes the way a customer wrote.
SCHEMES = {"email": "mailto", "sms": "tel", "whatsapp": "whatsapp"}
HOURS = 24
# The best hour is the middle one of so many in a row that hold most of the messages.
AROUND = 3
# The parts of a day, by the first hour of each.
PARTS_OF_DAY = ((22, "night"), (18, "evening"), (14, "afternoon"), (11, "noon"), (6, "morning"), (0, "night"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a customer writes to us: of `many` messages so many by this medium, in this part of their day, and within
    the three hours around `hour` of their day.

    Empty, or None, where no medium, no part of the day, no three hours in a row have more than half.
    """

    many: int
    medium: str
    of_medium: int
    part_of_day: str
    in_part: int
    hour: int | None
    of_hour: int

    @property
    def around(self) -> tuple[int, int] | None:
        """The hours from when to when most of the messages came."""
        return None if self.hour is None else ((self.hour - 1) % HOURS, (self.hour + 2) % HOURS)


def habits(media: Sequence[str], hours: Sequence[int]) -> Habits | None:
    """Returns the habits that these messages show, each by its medium and the hour of its customer's day; or None."""
    many = len(media)
    if many < LEAST_MESSAGES:
        return None
    medium, of_medium = Counter(media).most_common(1)[0]
    part, in_part = Counter(part_of_day(hour) for hour in hours).most_common(1)[0]
    each = Counter(hours)
    around = [sum(each[(hour + more) % HOURS] for more in (-1, 0, 1)) for hour in range(HOURS)]
    # The middle counts twice: of 4 at 10:00 and 1 at 12:00, the hour is 10:00.
    hour = max(range(HOURS), key=lambda hour: (around[hour] + each[hour], -hour))
    half = many / 2
    return Habits(
        many=many,
        medium=medium if of_medium > half else "",
        of_medium=of_medium,
        part_of_day=part if in_part > half else "",
        in_part=in_part,
        hour=hour if around[hour] > half else None,
        of_hour=around[hour],
    )


def part_of_day(hour: int) -> str:
    """Returns the part of the day that an hour is of."""
    return next(name for first, name in PARTS_OF_DAY if hour >= first)


@dataclass(frozen=True, slots=True)
class BestHours:
    """The hours of a day within which a message goes out at its recipient's best one: from `first` until `end`."""

    first: int
    end: int

    def at(self, best: int | None) -> time | None:
        """Returns the time for a customer of this best hour; None where it is not known, or is no hour of these."""
        return time(best) if best is not None and self.first <= best < self.end else None

    def as_json(self) -> list[int]:
        """Returns it as `read_best_hours` reads it."""
        return [self.first, self.end]


def read_best_of(given: object, own: str, field: str) -> tuple[str, ...]:
    """Reads the channels that may take the place of a message's `own` one; none for None. Raises Refused."""
    named = [] if given is None else given
    if not isinstance(named, list | tuple) or not all(isinstance(one, str) and 1 <= len(one) <= 200 for one in named):
        raise Refused("The other channels are a list of names.", field=field)
    return tuple(dict.fromkeys(one for one in named if one != own))


def read_best_hours(given: object, field: str) -> BestHours | None:
    """Reads `[8, 20]`; None or an empty list for none. Raises Refused."""
    if given is None or given == []:
        return None
    fits = isinstance(given, list | tuple) and len(given) == 2
    hours = [hour for hour in given if isinstance(hour, int) and not isinstance(hour, bool)] if fits else []  # type: ignore[attr-defined]
    if len(hours) != 2 or not 0 <= hours[0] < hours[1] <= HOURS:
        raise Refused(
            "The hours within which each customer's best one is taken are two of a day.",
            field=field,
            next_step="Write them as [8, 20].",
        )
    return BestHours(*hours)
