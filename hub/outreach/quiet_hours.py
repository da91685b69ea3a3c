"""Quiet hours: when promotions may go out at the recipient, by a dated rulebook kept as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from babel.core import get_global

from hub.model.errors import ConfigurationError, Refused
from hub.model.local_time import zone

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SUNDAY = 6
# Every zone in use is a multiple of a quarter of an hour from UTC, so windows open and close on quarters.
_QUARTER = timedelta(minutes=15)
_LOOK_AHEAD = timedelta(days=8)
UNKNOWN, DEFAULT = "unknown", "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One row of the rulebook: local hours [opens, closes) on these days (0 = Monday); Sunday may have its own."""

    place: str
    opens: time
    closes: time
    days: frozenset[int]
    sunday: tuple[time, time] | None
    source: str
    since: date

    def open_at(self, local: datetime) -> bool:
        opens, closes = self.opens, self.closes
        if local.weekday() == _SUNDAY and self.sunday is not None:
            opens, closes = self.sunday
        return local.weekday() in self.days and opens <= local.time() < closes


@dataclass(frozen=True, slots=True)
class Where:
    """Where a recipient may be: countries, perhaps a state of one, and zones; empty where nobody knows."""

    countries: frozenset[str] = frozenset()
    state: str = ""
    zones: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """Hours that must be open on the clock of one zone."""

    zone: str
    hours: Hours

    def open_at(self, moment: datetime) -> bool:
        return self.hours.open_at(moment.astimezone(zone(self.zone)))


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The hours in which messages may go out, by country and purpose; dated rows with their source."""

    rows: tuple[Hours, ...]

    @classmethod
    def read(cls, file: Path) -> Rulebook:
        """Reads rulebook.toml. Raises ConfigurationError naming the row that cannot be read."""
        try:
            rows = tomllib.loads(file.read_text("utf-8"))["hours"]
            book = cls(tuple(_row(row) for row in rows))
        except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{file} is no rulebook: {error}.", next_step="Correct it.") from error
        if not {UNKNOWN, DEFAULT} <= {row.place for row in book.rows}:
            raise ConfigurationError(f'{file} needs a row for "{DEFAULT}" and one for "{UNKNOWN}".')
        return book

    def windows(self, where: Where, own_zone: str, today: date) -> tuple[Window, ...]:
        """Returns every window that must be open: of all countries and zones in which the recipient may be.

        Where the state is not known, those of all its country's states hold; where nothing is known, the narrow one.
        """
        rows = [row for country in sorted(where.countries) for row in self._of(country, where.state, today)]
        if not where.countries or not where.zones:
            rows += self._named(UNKNOWN, today)
        return tuple(Window(name, row) for name in sorted(where.zones) or [own_zone] for row in rows)

    def _of(self, country: str, state: str, today: date) -> list[Hours]:
        rows = self._named(country, today) or self._named(DEFAULT, today)
        if state.startswith(f"{country}-"):
            return self._named(state, today) or rows
        return rows + [row for row in self.rows if row.place.startswith(f"{country}-") and row.since <= today]

    def _named(self, place: str, today: date) -> list[Hours]:
        return [row for row in self.rows if row.place == place and row.since <= today]


def closed(windows: Sequence[Window], moment: datetime) -> Window | None:
    """Returns a window that is closed at this moment, or None when all are open."""
    return next((window for window in windows if not window.open_at(moment)), None)


def next_opening(windows: Sequence[Window], moment: datetime) -> datetime | None:
    """Returns the next moment at which all windows are open, or None when there is none within 8 days."""
    at = datetime.fromtimestamp(-(-moment.timestamp() // _QUARTER.total_seconds()) * _QUARTER.total_seconds(), UTC)
    while at < moment + _LOOK_AHEAD:
        if closed(windows, at) is None:
            return at
        at += _QUARTER
    return None


def whereabouts(*, stated_zone: str, countries: Iterable[str], state: str, phone_zones: Iterable[str]) -> Where:
    """Returns where a recipient may be, by what they stated, their address and their number.

    Where the sources agree, what they have in common; where they disagree, all of it.
    """
    known = frozenset(country for country in countries if country)
    territories = get_global("territory_zones")
    sources = [
        frozenset({stated_zone} if _is_zone(stated_zone) else ()),
        frozenset(name for country in known for name in territories.get(country, ()) if _is_zone(name)),
        frozenset(name for name in phone_zones if _is_zone(name)),
    ]
    told = [source for source in sources if source]
    common = frozenset.intersection(*told) if told else frozenset()
    return Where(known, state, common or frozenset().union(*told))


def _is_zone(name: str) -> bool:
    if not name:
        return False
    try:
        zone(name)
    except Refused:
        return False
    return True


def _row(row: dict[str, Any]) -> Hours:
    sunday = row.get("sunday")
    days = row.get("days", _DAYS)
    return Hours(
        place=row["place"],
        opens=time.fromisoformat(row["from"]),
        closes=time.fromisoformat(row["to"]),
        days=frozenset(_DAYS.index(day) for day in days),
        sunday=(time.fromisoformat(sunday["from"]), time.fromisoformat(sunday["to"])) if sunday else None,
        source=row["source"],
        since=row["since"],
    )
