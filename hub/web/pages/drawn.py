"""The picture of steps that lead to each other: a call flow, a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Leads(Protocol):
    """A step: which step follows by which way."""

    @property
    def ways(self) -> Mapping[str, str]: ...


S = TypeVar("S", bound=Leads)


@dataclass(frozen=True, slots=True)
class Drawn(Generic[S]):
    """A step in the picture: what follows it by way; a step that stands in the picture already is only named."""

    name: str
    step: S
    branches: Sequence[tuple[str, str, Drawn[S] | None]]


def drawn(start: str, steps: Mapping[str, S]) -> Drawn[S]:
    """Returns the picture of everything that the first step leads to."""
    seen: set[str] = set()

    def draw(name: str) -> Drawn[S]:
        seen.add(name)
        ways = steps[name].ways.items()
        return Drawn(
            name, steps[name], [(way, there, draw(there) if there not in seen else None) for way, there in ways]
        )

    return draw(start)
