"""The slow provider as a bench starts and asks it."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.shop import IN_FLIGHT, running
from tests.bench.slow_provider import Figures

LATENCY = 0.05


@dataclass(frozen=True, slots=True)
class SlowProvider:
    port: int

    def figures(self) -> Figures:
        """Returns what it saw since it was asked last."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/figures", timeout=60) as answer:
            return Figures(**json.load(answer))


@contextmanager
def slow_provider(folder: Path) -> Iterator[SlowProvider]:
    """Runs one that takes IN_FLIGHT at once, 50 ms each."""
    command = [sys.executable, "-m", "tests.bench.slow_provider"]
    with running(command, [str(LATENCY), str(IN_FLIGHT)], folder) as port:
        yield SlowProvider(port)
