"""Quiet hours: when promotions may go out at the recipient, by a dated rulebook kept as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.core import get_global

from hub.config import Settings, shipped
from hub.model.errors import ConfigurationError, Refused
from hub.model.local_time import local_instant, zone
from hub.model.value import value
from hub.outreach.children import Age, read_age
from hub.outreach.counted_kinds import Counts, read_counts
from hub.outreach.deadlines import Deadline, read_breach, read_request
from hub.outreach.do_not_call import Listed, read_listed
from hub.outreach.existing_customers import Existing, allowing, read_existing
from hub.outreach.required_words import Words, read_words
from hub.outreach.states import ZONES, state_code
from hub.outreach.storage_places import Storage, read_storage
from hub.outreach.subject_labels import Label, label_of, read_label

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
        opens, closes = self._on(local)
        return local.weekday() in self.days and opens <= local.time() < closes

    def opening(self, local: datetime) -> datetime | None:
        """Returns the beginning of this day's hours on the same clock, without its zone; None where it is past."""
        opens = self._on(local)[0]
        to_come = local.weekday() in self.days and local.time() < opens
        return datetime.combine(local.date(), opens) if to_come else None

    def closing(self, local: datetime) -> datetime:
        """Returns the end of this day's hours on the same clock, without its zone."""
        return datetime.combine(local.date(), self._on(local)[1])

    def _on(self, local: datetime) -> tuple[time, time]:
        return self.sunday if local.weekday() == _SUNDAY and self.sunday is not None else (self.opens, self.closes)


@value()
class Where:
    """Where a recipient may be: countries, perhaps a state of one, and zones; empty where nobody knows."""

    countries: frozenset[str] = frozenset()
    state: str = ""
    zones: frozenset[str] = frozenset()


@value()
class Window:
    """Hours that must be open on the clock of one zone."""

    zone: str
    hours: Hours

    def open_at(self, moment: datetime) -> bool:
        return self.hours.open_at(moment.astimezone(zone(self.zone)))

    def opens_after(self, moment: datetime) -> datetime:
        """Returns a moment before which it does not open, where it is closed now: its hour of the day, or midnight."""
        place = zone(self.zone)
        local = moment.astimezone(place)
        opening = self.hours.opening(local)
        return local_instant(opening or datetime.combine(local.date() + timedelta(days=1), time()), place)


@dataclass(frozen=True, slots=True)
class CallRule:
    """One row: a country in which no machine calls without consent, whatever it has to say."""

    place: str
    source: str
    since: date


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """Hours in which promotions may go out and words that must stand in them, by country; dated rows with sources.

    `calls`: where automatic calls need consent. `counts`: which kinds of messages are promotions where. `existing`:
    where existing customers need not agree, `labels`: how promotions begin, `listed`: where do-not-call lists count,
    `storage`: which countries want their people's data kept at home, `ages`: who is a child where, `requests` and
    `breaches`: how soon they are to be answered and told.
    """

    rows: tuple[Hours, ...]
    words: tuple[Words, ...] = ()
    calls: tuple[CallRule, ...] = ()
    counts: tuple[Counts, ...] = ()
    existing: tuple[Existing, ...] = ()
    labels: tuple[Label, ...] = ()
    listed: tuple[Listed, ...] = ()
    storage: tuple[Storage, ...] = ()
    ages: tuple[Age, ...] = ()
    requests: tuple[Deadline, ...] = ()
    breaches: tuple[Deadline, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Rulebook:
        """Reads rulebook.toml. Raises ConfigurationError naming the row that cannot be read."""
        try:
            written = tomllib.loads(file.read_text("utf-8"))
            book = cls(
                tuple(_row(row) for row in written["hours"]),
                tuple(read_words(row) for row in written.get("words", ())),
                tuple(CallRule(row["place"], row["source"], row["since"]) for row in written.get("calls", ())),
                tuple(read_counts(row) for row in written.get("promotional", ())),
                tuple(read_existing(row) for row in written.get("existing_customer", ())),
                tuple(read_label(row) for row in written.get("label", ())),
                tuple(read_listed(row) for row in written.get("do_not_call", ())),
                tuple(read_storage(row) for row in written.get("storage", ())),
                tuple(read_age(row) for row in written.get("child", ())),
                tuple(read_request(row) for row in written.get("request", ())),
                tuple(read_breach(row) for row in written.get("breach", ())),
            )
        except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{file} is no rulebook: {error}.", next_step="Correct it.") from error
        if not {UNKNOWN, DEFAULT} <= {row.place for row in book.rows}:
            raise ConfigurationError(f'{file} needs a row for "{DEFAULT}" and one for "{UNKNOWN}".')
        return book

    @lru_cache(maxsize=16_384)  # noqa: B019  # a hub has one rulebook, kept for its life
    def windows(self, where: Where, own_zone: str, today: date) -> tuple[Window, ...]:
        """Returns every window that must be open: of all countries and zones in which the recipient may be.

        Where the state is not known, those of all its country's states hold; where nothing is known, the narrow one.
        """
        rows = [row for country in sorted(where.countries) for row in self._of(country, where.state, today)]
        if not where.countries or not where.zones:
            rows += self._named(UNKNOWN, today)
        return tuple(Window(name, row) for name in sorted(where.zones) or [own_zone] for row in rows)

    def call_consent_asked_in(self, where: Where, today: date) -> str:
        """Returns a place where the recipient may be and automatic calls need consent, empty for none.

        Where nobody knows the country, any may be it.
        """
        asked = [rule.place for rule in self.calls if rule.since <= today]
        return next((each for each in asked if not where.countries or each in where.countries), "")

    @lru_cache(maxsize=4_096)  # noqa: B019  # as above
    def existing_allowed(self, countries: frozenset[str], medium: str, today: date) -> Existing | None:
        """Returns the row by which existing customers there may be written to without consent, None for none."""
        return allowing(self.existing, countries, medium, today)

    @lru_cache(maxsize=4_096)  # noqa: B019  # as above
    def label(self, countries: frozenset[str], medium: str, today: date) -> str:
        """Returns how a promotion to a reader in these countries has to begin, empty where nothing is asked for."""
        return label_of(self.labels, countries, medium, today)

    def _of(self, country: str, state: str, today: date) -> list[Hours]:
        rows = self._named(country, today) or self._named(DEFAULT, today)
        if state.startswith(f"{country}-"):
            return self._named(state, today) or rows
        return rows + [row for row in self.rows if row.place.startswith(f"{country}-") and row.since <= today]

    def _named(self, place: str, today: date) -> list[Hours]:
        return [row for row in self.rows if row.place == place and row.since <= today]


def rulebook_of(settings: Settings) -> Rulebook:
    """Returns the rulebook of a hub: its own where there is one in its data folder. Raises ConfigurationError.

    What the one that came with the hub says of anything but hours stands in for an own one that says nothing of it.
    """
    book = Rulebook.read(shipped("config", "rulebook.toml"))
    own = settings.hub.data / "rulebook.toml"
    if not own.is_file():
        return book
    written = Rulebook.read(own)
    return Rulebook(*(getattr(written, each.name) or getattr(book, each.name) for each in fields(Rulebook)))


def closed(windows: Sequence[Window], moment: datetime) -> Window | None:
    """Returns a window that is closed at this moment, or None when all are open."""
    # Many windows share a clock: a country of 29 zones has each state's hours in each of them.
    clocks: dict[str, datetime] = {}
    for window in windows:
        local = clocks.get(window.zone)
        if local is None:
            local = clocks[window.zone] = moment.astimezone(zone(window.zone))
        if not window.hours.open_at(local):
            return window
    return None


def closing(windows: Sequence[Window], moment: datetime) -> datetime | None:
    """Returns when the first of windows that are open now closes, None for no windows."""
    ends = {(window.zone, window.hours.closing(moment.astimezone(zone(window.zone)))) for window in windows}
    return min((local_instant(wall, zone(name)) for name, wall in ends), default=None)


def next_opening(windows: Sequence[Window], moment: datetime) -> datetime | None:
    """Returns the next moment at which all windows are open, or None when there is none within 8 days."""
    at = datetime.fromtimestamp(-(-moment.timestamp() // _QUARTER.total_seconds()) * _QUARTER.total_seconds(), UTC)
    while at < moment + _LOOK_AHEAD:
        shut = closed(windows, at)
        if shut is None:
            return at
        # Before that one opens, not all can be open.
        opens = shut.opens_after(at)
        at = max(at + _QUARTER, opens - (opens - datetime.min.replace(tzinfo=UTC)) % _QUARTER)
    return None


def whereabouts(*, stated_zone: str, countries: Iterable[str], state: str, phone_zones: Iterable[str]) -> Where:
    """Returns where a recipient may be, by what they stated, their address and their number.

    Where the sources agree, what they have in common; where they disagree, all of it, but for a source that only says
    less than another: who is in the US by address and in Chicago by what they stated may be in Chicago.
    """
    return _whereabouts(stated_zone, tuple(countries), state, tuple(phone_zones))


@lru_cache(maxsize=16_384)
def _whereabouts(stated_zone: str, countries: tuple[str, ...], state: str, phone_zones: tuple[str, ...]) -> Where:
    known = frozenset(country for country in countries if country)
    code = state_code(state, known) if state else ""
    sources = [
        _zones([stated_zone]),
        ZONES.get(code) or _zones(name for country in known for name in get_global("territory_zones").get(country, ())),
        _zones(phone_zones),
    ]
    told = [source for source in sources if source]
    common = frozenset.intersection(*told) if told else frozenset()
    sharp = [source for source in told if not any(other < source for other in told)]
    return Where(known, code, common or frozenset().union(*sharp))


def _zones(names: Iterable[str]) -> frozenset[str]:
    """Returns those of these names that are zones, each by the name that CLDR has for it: two names are no dispute."""
    aliases = get_global("zone_aliases")
    return frozenset(aliases.get(name, name) for name in names if _is_zone(name))


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
