"""Arms of a campaign: who gets which variant or nothing, and whether what came of them differs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

HOLDOUT = "holdout"
OWN = "a"
CONFIDENCE = 0.95
_SPAN = 1 << 64


def arm_of(campaign: str, customer: int, variants: Sequence[str], holdout: int) -> str:
    """Returns the arm of a customer: `holdout`, `a` or a variant; by a hash, so that it is the same in every run.

    `holdout`: percent. The shares of the others are equal.
    """
    digest = hashlib.sha256(f"{campaign}:{customer}".encode()).digest()
    place = int.from_bytes(digest[:8], "big")
    held_out = _SPAN * holdout // 100
    if place < held_out:
        return HOLDOUT
    arms = (OWN, *variants)
    return arms[(place - held_out) * len(arms) // (_SPAN - held_out)]


@dataclass(frozen=True, slots=True)
class Interval:
    """Between which values a rate, or the difference of two, lies with a confidence."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def wilson(hits: int, people: int, confidence: float = CONFIDENCE) -> Interval:
    """Returns the score interval of a rate (Wilson 1927, JASA 22:209-212); of nobody, nothing is known."""
    if not people:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, square = hits / people, z * z
    middle = (rate + square / (2 * people)) / (1 + square / people)
    half = z * math.sqrt(rate * (1 - rate) / people + square / (4 * people * people)) / (1 + square / people)
    # At no hits and at all hits the limits are 0 and 1 exactly, which floating point misses by a hair.
    return Interval(0.0 if not hits else max(0.0, middle - half), 1.0 if hits == people else min(1.0, middle + half))


def difference(hits: int, people: int, other_hits: int, other_people: int, confidence: float = CONFIDENCE) -> Interval:
    """Returns the interval of the difference of two rates (Newcombe 1998, Stat Med 17:873-890, method 10)."""
    if not people or not other_people:
        return Interval(-1.0, 1.0)
    one, other = hits / people, other_hits / other_people
    mine, theirs = wilson(hits, people, confidence), wilson(other_hits, other_people, confidence)
    below = math.hypot(one - mine.low, theirs.high - other)
    above = math.hypot(mine.high - one, other - theirs.low)
    return Interval(one - other - below, one - other + above)


def winner(counts: Sequence[tuple[str, int, int]]) -> str:
    """Returns the arm, of (name, hits, people), whose rate is higher than that of every other; empty where none is.

    Higher means that the interval of the difference excludes 0, at 95% for all comparisons together (Bonferroni): with
    two arms that is one two-sided test at 5%.
    """
    known = [one for one in counts if one[2]]
    if len(known) < 2:
        return ""
    best = max(known, key=lambda one: one[1] / one[2])
    confidence = 1 - (1 - CONFIDENCE) / (len(known) * (len(known) - 1) / 2)
    others = [one for one in known if one[0] != best[0]]
    beats = all(difference(best[1], best[2], one[1], one[2], confidence).low > 0 for one in others)
    return best[0] if beats else ""
