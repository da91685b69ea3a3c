"""Existing customers: where they may be told of similar goods without having agreed to promotions, by the rulebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.model.kinds import KINDS

MEDIA = ("email", "sms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """One row: in these countries, by these media, an existing customer may get these kinds of promotions.

    They were told so when their address was asked for, and every message tells them how to object.
    """

    places: frozenset[str]
    media: frozenset[str]
    kinds: frozenset[str]
    source: str
    since: date


def read_existing(row: Mapping[str, Any]) -> Existing:
    """Reads an [[existing_customer]] row of the rulebook. Raises KeyError and ValueError."""
    for name, known in (("kinds", KINDS), ("media", MEDIA)):
        if unknown := sorted(set(row[name]) - set(known)):
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return Existing(
        places=frozenset(row["places"]),
        media=frozenset(row["media"]),
        kinds=frozenset(row["kinds"]),
        source=row["source"],
        since=row["since"],
    )


def allowing(rows: Sequence[Existing], countries: frozenset[str], medium: str, today: date) -> Existing | None:
    """Returns a row by which existing customers may be written to, None where there is none.

    Of several countries in which they may be, each must allow it; where nobody knows, none does. The kinds that the
    row allows are those that all of them do.
    """
    found = [
        next((row for row in rows if place in row.places and medium in row.media and row.since <= today), None)
        for place in sorted(countries)
    ]
    held = [row for row in found if row is not None]
    if not held or len(held) < len(found):
        return None
    return min(held, key=lambda row: len(row.kinds))
