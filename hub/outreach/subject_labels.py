"""Labels: words with which a promotion has to begin in some countries, in front of its subject or its text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.outreach.existing_customers import MEDIA

_LONGEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One row: how a promotion to a place begins in these media."""

    place: str
    media: frozenset[str]
    label: str
    source: str
    since: date


def read_label(row: Mapping[str, Any]) -> Label:
    """Reads a [[label]] row of the rulebook. Raises KeyError and ValueError."""
    if unknown := sorted(set(row["media"]) - set(MEDIA)):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(MEDIA)}")
    label = str(row["label"]).strip()
    if not label or len(label) > _LONGEST or not label.isprintable():
        raise ValueError(f"a label has 1 to {_LONGEST} letters on one line, not {row['label']!r}")
    return Label(
        place=row["place"], media=frozenset(row["media"]), label=label, source=row["source"], since=row["since"]
    )


def label_of(rows: Sequence[Label], countries: Collection[str], medium: str, today: date) -> str:
    """Returns the labels asked for in the countries where a reader may be, empty for none; the newest of each."""
    said: list[str] = []
    for place in sorted(countries):
        held = [row for row in rows if row.place == place and medium in row.media and row.since <= today]
        newest = max(held, key=lambda row: row.since, default=None)
        if newest is not None and newest.label not in said:
            said.append(newest.label)
    return " ".join(said)


def labelled(words: str, label: str) -> str:
    """Returns words that begin with a label, once."""
    return words if not label or words.startswith(label) else f"{label} {words}"
