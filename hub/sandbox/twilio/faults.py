"""What can be made to go wrong, on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The first group concerns requests that make something, the second those that only read.

    The third is what happens to a text after it was accepted.
    """

    DELAY = "delay"
    TOO_MANY = "429"
    UNAUTHORIZED = "401"
    REFUSE = "refuse"
    ERROR_BEFORE = "500_before"
    ERROR_AFTER = "500_after"
    LOST_ANSWER = "lost_answer"

    READING_DELAY = "reading_delay"
    READING_TOO_MANY = "reading_429"
    READING_ERROR = "reading_500"

    UNDELIVERED = "undelivered"
    DUPLICATE_CALLBACKS = "duplicate_callbacks"
    OUT_OF_ORDER_CALLBACKS = "out_of_order_callbacks"


AFTER_ACCEPTING = frozenset({Fault.UNDELIVERED, Fault.DUPLICATE_CALLBACKS, Fault.OUT_OF_ORDER_CALLBACKS})

READING = frozenset({Fault.READING_DELAY, Fault.READING_TOO_MANY, Fault.READING_ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One fault to come. `seconds`: of a delay; `retry_after`: of a 429; `code`: Twilio's error code."""

    kind: Fault
    seconds: float = 0.0
    retry_after: int | None = None
    code: int = 0


class Faults:
    """Three queues, first planned first served: requests that make something, that only read, texts just accepted.

    `by_chance`: asked for each request that makes something and of which nothing is planned.
    """

    def __init__(self) -> None:
        self.by_chance: Callable[[], Planned | None] = _nothing
        self._requests: deque[Planned] = deque()
        self._readings: deque[Planned] = deque()
        self._texts: deque[Planned] = deque()

    def plan(self, fault: Planned, times: int) -> None:
        queue = self._texts if fault.kind in AFTER_ACCEPTING else self._requests
        queue = self._readings if fault.kind in READING else queue
        queue.extend([fault] * times)

    def for_request(self) -> Planned | None:
        return self._requests.popleft() if self._requests else self.by_chance()

    def for_reading(self) -> Planned | None:
        return self._readings.popleft() if self._readings else None

    def for_text(self) -> Planned | None:
        return self._texts.popleft() if self._texts else None


def _nothing() -> None:
    return None
