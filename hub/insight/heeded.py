"""What a text did as the answer to an appointment reminder, as a timeline tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TOLD = "reminder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """`answer`: confirmed or declined; which appointment, and how it was named and when it was to be at that time."""

    answer: str
    appointment: int
    title: str
    starts_at: datetime


def may_be_heeded(row: Mapping[str, Any]) -> bool:
    """Tells whether an interaction is one that may have answered a reminder."""
    return row["direction"] == "in" and row["medium"] in ("sms", "whatsapp")


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
