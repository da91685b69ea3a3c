"""Where data live: the countries that want their people's data kept at home, by the rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One row: a country that wants the data of its people recorded within it."""

    place: str
    source: str
    since: date


def read_storage(row: Mapping[str, Any]) -> Storage:
    """Reads a [[storage]] row of the rulebook. Raises KeyError."""
    return Storage(place=row["place"], source=row["source"], since=row["since"])
