"""Children: under which age a promotion needs a guardian's consent, by the rulebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.model.birthday import NO_YEAR, celebrated

_DEFAULT = "default"
_OLDEST = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """One row: in these countries (`default`: elsewhere) who is younger agrees by a guardian only."""

    places: frozenset[str]
    age: int
    source: str
    since: date


def read_age(row: Mapping[str, Any]) -> Age:
    """Reads a [[child]] row of the rulebook. Raises KeyError and ValueError."""
    if not 1 <= row["age"] <= _OLDEST:
        raise ValueError(f"an age is 1 to {_OLDEST}, not {row['age']!r}")
    return Age(places=frozenset(row["places"]), age=row["age"], source=row["source"], since=row["since"])


def child_in(rows: Sequence[Age], birthday: date | None, countries: frozenset[str], today: date) -> str:
    """Returns a place where somebody may be and is a child, empty for none or for a birthday without its year."""
    if birthday is None or birthday.year == NO_YEAR:
        return ""
    for place in sorted(countries) or [_DEFAULT]:
        row = _of(rows, place, today) or _of(rows, _DEFAULT, today)
        if row is not None and today < celebrated(birthday, birthday.year + row.age):
            return place
    return ""


def may_be_child(birthday: date | None, today: date) -> bool:
    """Says whether somebody might be a child anywhere, whatever the rulebook says."""
    return birthday is not None and birthday.year != NO_YEAR and today.year - birthday.year <= _OLDEST


def _of(rows: Sequence[Age], place: str, today: date) -> Age | None:
    known = [row for row in rows if place in row.places and row.since <= today]
    return max(known, key=lambda row: row.since, default=None)
