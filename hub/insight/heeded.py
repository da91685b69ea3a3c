"""What was learnt of somebody's words, as a timeline tells it: an answer to a reminder, whether they meant stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TOLD, _DECIDED = "reminder.", "opt."
_WRITTEN = ("sms", "whatsapp", "email", "form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """`answer`: confirmed or declined; which appointment, and how it was named and when it was to be at that time."""

    answer: str
    appointment: int
    title: str
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What staff took somebody's unclear words for: `stop` or not, who, when."""

    stop: bool
    by: str
    at: datetime


def may_be_heeded(row: Mapping[str, Any]) -> bool:
    """Tells whether an interaction is one of which something may have been learnt: their words, a reminder."""
    reminder = row["direction"] == "out" and (row["detail"] or {}).get("purpose") == "reminder"
    return reminder or (row["direction"] == "in" and row["medium"] in _WRITTEN)


def decided(learnt: Sequence[Mapping[str, Any]]) -> Decided | None:
    """Returns what staff decided about somebody's words, by what was learnt of them."""
    for event in learnt:
        if event["kind"].startswith(_DECIDED):
            stop = event["kind"].removeprefix(_DECIDED) == "stop"
            return Decided(stop=stop, by=str(event["data"].get("by", "")), at=event["at"])
    return None


def heeded(learnt: Sequence[Mapping[str, Any]]) -> Heeded | None:
    """Returns what was heeded, by what was learnt of an interaction; None for a text that was only talk."""
    for event in learnt:
        if event["kind"].startswith(_TOLD):
            data = event["data"]
            return Heeded(
                answer=event["kind"].removeprefix(_TOLD),
                appointment=data["appointment"],
                title=data["title"],
                starts_at=datetime.fromisoformat(data["starts_at"]),
            )
    return None
