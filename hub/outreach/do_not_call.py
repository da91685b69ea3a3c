"""Do-not-call lists: whom no machine calls, and where texts count too; how long a list holds, by the rulebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

MEDIA = ("call", "sms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One row: in this country (`default`: any) loaded lists count for these media, and hold for so many days."""

    place: str
    media: frozenset[str]
    days: int
    source: str
    since: date

    @property
    def holds(self) -> timedelta:
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnList:
    """What lists say of a number. `named`: the list it stands on, empty for none; `stale`: a list that is too old to
    be asked, empty for none, loaded at `loaded_at`.
    """

    named: str = ""
    stale: str = ""
    loaded_at: datetime | None = None
    place: str = ""
    source: str = ""


def read_listed(row: Mapping[str, Any]) -> Listed:
    """Reads a [[do_not_call]] row of the rulebook. Raises KeyError and ValueError."""
    if unknown := sorted(set(row["media"]) - set(MEDIA)):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(MEDIA)}")
    if not 1 <= row["days"] <= 366:
        raise ValueError(f"a list holds for 1 to 366 days, not {row['days']!r}")
    return Listed(
        place=row["place"], media=frozenset(row["media"]), days=row["days"], source=row["source"], since=row["since"]
    )


def rule_of(rows: Sequence[Listed], countries: frozenset[str], medium: str, today: date) -> Listed | None:
    """Returns the strictest row that holds where a number may be: the one whose lists are too old soonest."""
    places = countries or frozenset({row.place for row in rows})
    known = [
        row
        for row in rows
        if row.since <= today and medium in row.media and (row.place in places or row.place == "default")
    ]
    return min(known, key=lambda row: row.days, default=None)


def good_for(rows: Sequence[Listed], today: date) -> timedelta:
    """Returns how long any list holds, by the strictest row for calls; no time without a row."""
    rule = rule_of(rows, frozenset(), "call", today)
    return rule.holds if rule is not None else timedelta()
