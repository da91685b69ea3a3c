"""What a process counts about its requests, for Prometheus: hub_requests_total and hub_request_seconds.

Counted in plain numbers, on the event loop alone, and made into metrics when somebody asks: prometheus_client's own
counters take a lock each, four a request, which costs a text as much as proving its signature.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_BUCKETS = (*map(str, map(float, _BOUNDS)), "+Inf")


class RequestFigures(Collector):
    """Answers by route and status, and how long each route took."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, int]] = Counter()
        self._took: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def note(self, route: str, status: int, seconds: float | None) -> None:
        """Counts one answer; `seconds`: how long it took, None where nobody knows."""
        self._answers[route, status] += 1
        if seconds is None:
            return
        if route not in self._took:
            self._took[route], self._seconds[route] = [0] * len(_BUCKETS), 0.0
        self._took[route][bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[route] += seconds

    def collect(self) -> Iterator[Metric]:
        """Yields both metrics; a bucket counts what took up to its bound."""
        answers = CounterMetricFamily("hub_requests", "Requests answered", labels=["route", "status"])
        for (route, status), count in self._answers.items():
            answers.add_metric([route, str(status)], count)
        yield answers
        took = HistogramMetricFamily("hub_request_seconds", "Time to answer", labels=["route"])
        for route, counts in self._took.items():
            buckets = list(zip(_BUCKETS, map(float, accumulate(counts)), strict=True))
            took.add_metric([route], buckets, self._seconds[route])
        yield took
