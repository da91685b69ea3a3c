"""What a fault run shows: one line a kind of thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`outside`: how many came to pass out there; `here`: how many of them the hub (or the recipient) has."""

    what: str
    outside: int
    here: int
    lost: int
    twice: int
    doubtful: int = 0


def show(title: str, lines: list[Line]) -> None:
    """Prints the table."""
    print(f"\n{title}\n\n{'':32}{'outside':>9}{'here':>9}{'lost':>7}{'twice':>7}{'doubtful':>10}")
    for line in lines:
        print(f"{line.what:32}{line.outside:9,}{line.here:9,}{line.lost:7,}{line.twice:7,}{line.doubtful:10,}")
