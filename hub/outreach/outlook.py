"""Outlook: what a look ahead found, kept so small that a month of 40,000 customers fits; a row is made when asked for.

The fields of `Foreseen` are the columns of the page, the API, the command line and the file.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import overload
from zoneinfo import ZoneInfo

from hub.model.errors import Refused
from hub.model.local_time import zone
from hub.store.tables import milliseconds
from hub.store.tables.base import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One message to come, or one that does not: `gets` says which, `words` why. `at`: when, in UTC and `local`."""

    at: datetime
    local: str
    customer: int
    name: str
    to: str
    channel: str
    kind: str
    what: str
    gets: bool
    words: str


COLUMNS = tuple(each.name for each in fields(Foreseen))


@dataclass(slots=True)
class Outlook(Sequence[Foreseen]):
    """What was foreseen, in order of time once it is `sort`ed. `own_zone`: of who has stated none."""

    own_zone: str
    days: Counter[tuple[date, str, bool]] = field(default_factory=Counter)
    what: Counter[tuple[str, str]] = field(default_factory=Counter)
    _at: array[int] = field(default_factory=lambda: array("q"))
    _customer: array[int] = field(default_factory=lambda: array("q"))
    _gets: bytearray = field(default_factory=bytearray)
    _said: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    _order: Sequence[int] = ()
    _people: dict[int, tuple[str, str]] = field(default_factory=dict)
    _known: dict[tuple[str, ...] | str, tuple[str, ...] | str] = field(default_factory=dict)

    def add(
        self,
        at: datetime,
        customer: int,
        person: tuple[str, str],
        said: tuple[str, str, str, str, str],
        *,
        gets: bool,
    ) -> None:
        """Adds one. `person`: name and stated zone; `said`: to, channel, kind, what, words."""
        self._at.append(milliseconds(at))
        self._customer.append(customer)
        self._gets.append(gets)
        self._people.setdefault(customer, person)
        # Most say the same but for the address: each text is kept once.
        to, channel, kind, what, words = said
        known = self._known.setdefault
        self._said.append((known(to, to), channel, kind, known(what, what), known(words, words)))  # type: ignore[arg-type]
        self.days[at.date(), kind, gets] += 1
        if gets:
            self.what[kind, what] += 1

    def sort(self) -> None:
        """Puts all in order of time, those of one moment in order of their customers."""
        order = sorted(range(len(self._at)), key=self._customer.__getitem__)
        order.sort(key=self._at.__getitem__)
        self._order = array("q", order)
        self._known.clear()

    @property
    def gets(self) -> int:
        """How many get something."""
        return sum(self._gets)

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> Foreseen: ...

    @overload
    def __getitem__(self, index: slice) -> list[Foreseen]: ...

    def __getitem__(self, index: int | slice) -> Foreseen | list[Foreseen]:
        if isinstance(index, slice):
            return [self._one(number) for number in self._order[index]]
        return self._one(self._order[index])

    def __iter__(self) -> Iterator[Foreseen]:
        return map(self._one, self._order)

    def chosen(
        self, limit: int, *, day: date | None = None, kind: str = "", gets: bool | None = None
    ) -> list[Foreseen]:
        """Returns the first of those of a day in UTC, of a kind, of who gets something or does not."""
        start, end = 0, len(self)
        if day is not None:
            first = datetime.combine(day, time(), UTC)
            start, end = (self._before(milliseconds(at)) for at in (first, first + timedelta(days=1)))
        found: list[Foreseen] = []
        for number in self._order[start:end]:
            if (not kind or self._said[number][2] == kind) and (gets is None or bool(self._gets[number]) == gets):
                found.append(self._one(number))
                if len(found) == limit:
                    break
        return found

    def many(self, *, day: date | None = None, kind: str = "", gets: bool | None = None) -> int:
        """Returns how many there are of a day, of a kind, of who gets something or does not."""
        return sum(
            many
            for (on, of, got), many in self.days.items()
            if (day is None or on == day) and (not kind or of == kind) and (gets is None or got == gets)
        )

    def by_day(self) -> list[tuple[date, int, int]]:
        """Returns each day with how many get something on it, and how many do not."""
        return [
            (day, self.many(day=day, gets=True), self.many(day=day, gets=False))
            for day in sorted({day for day, _, _ in self.days})
        ]

    def _before(self, at: int) -> int:
        return bisect_left(self._order, at, key=self._at.__getitem__)

    def _one(self, number: int) -> Foreseen:
        at, customer = moment(self._at[number]), self._customer[number]
        name, stated = self._people[customer]
        to, channel, kind, what, words = self._said[number]
        return Foreseen(
            at=at,
            local=f"{at.astimezone(place_of(stated, self.own_zone)):%a %Y-%m-%d %H:%M %Z}",
            customer=customer,
            name=name,
            to=to,
            channel=channel,
            kind=kind,
            what=what,
            gets=bool(self._gets[number]),
            words=words,
        )


def place_of(stated: str, own_zone: str) -> ZoneInfo:
    """Returns the clock of a customer who stated a zone, else the business's."""
    try:
        return zone(stated or own_zone)
    except Refused:
        return zone(own_zone)  # an unreadable zone is as good as none
