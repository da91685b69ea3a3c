"""What is found of a domain, and how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How one thing stands. `unknown`: nobody could be asked now."""

    GOOD = "good"
    ADVICE = "advice"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is looked at. `found`: what is published; `expected`: what should be.

    `why` and `mend`, what to do, are sentences for people in which the values of `seen` are to be filled in.
    """

    name: str
    state: State
    why: str
    where: str = ""
    found: Sequence[str] = ()
    expected: str = ""
    mend: str = ""
    seen: Mapping[str, object] = field(default_factory=dict)

    def say(self, translate: Callable[[str], str] = str) -> tuple[str, str]:
        """Returns why it stands as it does and what to do, in a reader's language."""
        why, mend = (translate(text).format_map(self.seen) if text else "" for text in (self.why, self.mend))
        return why, mend

    def as_json(self) -> dict[str, Any]:
        """Returns the line for machines, in English."""
        why, mend = self.say()
        told = {name: value for name, value in asdict(self).items() if name != "seen"}
        return {**told, "state": self.state.value, "found": list(self.found), "why": why, "mend": mend}
