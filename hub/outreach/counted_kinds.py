"""Which kinds of messages a place counts as promotions: a row of the rulebook, as hub/model/kinds names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.model.kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One row: the kinds of messages that a place counts as promotions, which need consent there."""

    place: str
    kinds: frozenset[str]
    source: str
    since: date


def read_counts(row: Mapping[str, Any]) -> Counts:
    """Reads a row of the rulebook. Raises ValueError for a kind that there is not, KeyError for what is missing."""
    if unknown := sorted(set(row["kinds"]) - set(KINDS)):
        raise ValueError(f"{unknown[0]!r} is no kind: {', '.join(KINDS)}")
    return Counts(place=row["place"], kinds=frozenset(row["kinds"]), source=row["source"], since=row["since"])
