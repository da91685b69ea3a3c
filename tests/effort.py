"""What computing something takes: processor time of this process, in seconds of the machine the limits were written on.

A stall, what else runs, and a machine that is slower altogether do not count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# What _sample() takes on an idle core of that machine.
_REFERENCE_SECONDS = 0.0074


@dataclass
class Effort:
    """`seconds` is known when the block has ended."""

    seconds: float = 0.0


@contextmanager
def effort() -> Iterator[Effort]:
    """Measures what is computed in the block, threads included."""
    spent, before = Effort(), _pace()
    began = time.process_time()
    yield spent
    used = time.process_time() - began
    spent.seconds = used / max(before, _pace())


def _pace() -> float:
    """Returns how many times slower than the reference this machine computes just now, at least once as slow."""
    return max(1.0, *(_sample() / _REFERENCE_SECONDS for _ in range(3)))


def _sample() -> float:
    began, total = time.process_time(), 0
    for number in range(200_000):
        total += number & 7
    return time.process_time() - began
