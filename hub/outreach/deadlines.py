"""Deadlines that the law sets a business: for requests of persons, and for telling of a breach; by the rulebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One row: how long there is in a place, and by how much it may be made longer once."""

    place: str
    within: timedelta
    more: timedelta
    source: str
    since: date


def read_request(row: Mapping[str, Any]) -> Deadline:
    """Reads a [[request]] row of the rulebook. Raises KeyError and TypeError."""
    return _deadline(row, timedelta(days=row["days"]), timedelta(days=row.get("more", 0)))


def read_breach(row: Mapping[str, Any]) -> Deadline:
    """Reads a [[breach]] row of the rulebook. Raises KeyError and TypeError."""
    return _deadline(row, timedelta(hours=row["hours"]), timedelta())


def shortest(rows: Sequence[Deadline], countries: frozenset[str], today: date) -> Deadline:
    """Returns the deadline that ends first of those where a person may be. Raises LookupError for a book without one.

    Where nobody knows, the general one holds.
    """
    found = [_of(rows, place, today) or _of(rows, _DEFAULT, today) for place in sorted(countries) or [_DEFAULT]]
    held = [row for row in found if row is not None]
    if not held:
        raise LookupError("the rulebook has no such deadline")
    return min(held, key=lambda row: row.within)


def _of(rows: Sequence[Deadline], place: str, today: date) -> Deadline | None:
    known = [row for row in rows if row.place == place and row.since <= today]
    return max(known, key=lambda row: row.since, default=None)


def _deadline(row: Mapping[str, Any], within: timedelta, more: timedelta) -> Deadline:
    if within <= timedelta() or more < timedelta():
        raise ValueError(f"{row['place']}: a deadline is some time from now")
    return Deadline(place=row["place"], within=within, more=more, source=row["source"], since=row["since"])
