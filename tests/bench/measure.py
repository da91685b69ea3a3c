"""Measuring: contenders in turn (A B A B), medians of the rounds, peak memory, and the table of a run.

A figure of a shared machine counts only as a ratio to a baseline of the same rounds. A bench takes the fixture `board`:

    turns = in_turn({"baseline": plain, "hub": ours})          # each returns its rate, or its time
    board.note(Result(name="text webhook", engine="sqlite", unit="/s", floor=0.15, target=0.20,
                      **turns.compared("hub", "baseline"), peak_rss_mb=peak_rss_mb(pid)))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal, TypedDict

import orjson

ROUNDS = 5
_FIELDS = ("name", "engine", "baseline", "figure", "unit", "ratio", "floor", "target", "peak_rss_mb")


class Compared(TypedDict):
    baseline: float
    figure: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Turns:
    """What each contender reached, round by round."""

    figures: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        return median(self.figures[name])

    def compared(self, name: str, baseline: str) -> Compared:
        """Returns both medians and the median of the rounds' ratios: what slowed a round slowed both."""
        ratios = [ours / base for ours, base in zip(self.figures[name], self.figures[baseline], strict=True)]
        return {"baseline": self.median(baseline), "figure": self.median(name), "ratio": median(ratios)}


def in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> Turns:
    """Runs every contender once a round, one after the other, and keeps what each returned."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            figures[name].append(run())
    return Turns(figures)


def peak_rss_mb(pids: int | Iterable[int]) -> float:
    """Returns the largest resident memory that a process ever had, in 10^6 bytes; of several, their sum."""
    if isinstance(pids, int):
        pids = (pids,)
    return sum(_high_water(pid) for pid in pids)


def children(pid: int) -> list[int]:
    """Returns the processes that a process has started and that run now."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def _high_water(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024 / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table. `floor` and `target` are of the ratio or of the figure, as `aim` says.

    Where only a target is given, half of it (twice, where less is better) is the floor.
    """

    name: str
    figure: float
    unit: str
    engine: str = ""
    baseline: float | None = None
    ratio: float | None = None
    floor: float | None = None
    target: float | None = None
    peak_rss_mb: float | None = None
    aim: Literal["ratio at least", "ratio at most", "figure at least", "figure at most"] = "ratio at least"

    @property
    def verdict(self) -> str:
        """Says how far it got: target, floor or below; nothing where there is no aim."""
        reached = self.ratio if self.aim.startswith("ratio") else self.figure
        if self.target is None or reached is None:
            return ""
        more = self.aim.endswith("least")
        floor = self.floor if self.floor is not None else self.target * (0.5 if more else 2)
        sign = 1 if more else -1
        if sign * reached >= sign * self.target:
            return "target"
        return "floor" if sign * reached >= sign * floor else "BELOW"


class Board:
    """The results of a run."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def note(self, result: Result) -> None:
        """Keeps a result for the table and bench.json."""
        self.results.append(result)
        print(f"\n{'  '.join(cell for cell in _cells(result) if cell)}")

    def lines(self) -> list[str]:
        """Returns the table."""
        head = ("", "engine", "baseline", "figure", "", "ratio", "floor", "target", "peak MB", "reached")
        rows = [head, *(_cells(result) for result in self.results)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        left = {0, 1, 4, 9}
        return [
            "  ".join(
                cell.ljust(width) if at in left else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]

    def write(self, file: Path) -> None:
        """Writes the results as JSON, whole."""
        rows = [{name: getattr(result, name) for name in _FIELDS} for result in self.results]
        file.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n")


def _cells(result: Result) -> tuple[str, ...]:
    unit = f" {result.unit}" if result.aim.startswith("figure") else ""
    return (
        result.name,
        result.engine,
        _number(result.baseline),
        _number(result.figure),
        result.unit,
        "" if result.ratio is None else f"{result.ratio:.3f}",
        "" if result.floor is None else f"{result.floor:g}{unit}",
        "" if result.target is None else f"{result.target:g}{unit}",
        "" if result.peak_rss_mb is None else f"{result.peak_rss_mb:.0f}",
        result.verdict,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
