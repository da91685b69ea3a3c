"""Scores of surveys as plain arithmetic: Net Promoter Score and customer satisfaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NpsScore:
    """Counts of answers from 0 to 10; `score` is from -100 to 100, None where nobody answered."""

    promoters: int
    passives: int
    detractors: int

    @property
    def answers(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> float | None:
        return 100 * (self.promoters - self.detractors) / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class CsatScore:
    """Counts of satisfied and of all answers; `score` is the satisfied share in percent, None where nobody answered."""

    satisfied: int
    answers: int

    @property
    def score(self) -> float | None:
        return 100 * self.satisfied / self.answers if self.answers else None


def is_detractor(value: int) -> bool:
    return 0 <= value <= 6


def nps(values: Iterable[int]) -> NpsScore:
    """Returns the Net Promoter Score: share of 9 and 10 less share of 0 to 6; values outside 0 to 10 do not count.

    Source: F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003.
    """
    valid = [value for value in values if 0 <= value <= 10]
    promoters = sum(value >= 9 for value in valid)
    detractors = sum(map(is_detractor, valid))
    return NpsScore(promoters, len(valid) - promoters - detractors, detractors)


def csat(values: Iterable[int], scale: int = 5) -> CsatScore:
    """Returns customer satisfaction as top-two-box: the answers in the two best places of a scale from 1 to `scale`.

    A scale of 2 or 3 has one best place. Values outside the scale do not count.
    """
    valid = [value for value in values if 1 <= value <= scale]
    satisfied_from = scale - 1 if scale > 3 else scale
    return CsatScore(sum(value >= satisfied_from for value in valid), len(valid))
