from __future__ import annotations

import pytest

from hub.model.scores import CsatScore, NpsScore, csat, nps

NPS = [
    ([], NpsScore(0, 0, 0), None),
    ([9, 10], NpsScore(2, 0, 0), 100.0),
    ([0, 6], NpsScore(0, 0, 2), -100.0),
    ([7, 8], NpsScore(0, 2, 0), 0.0),
    ([10, 9, 8, 6], NpsScore(2, 1, 1), 25.0),
    ([10, 11, -1], NpsScore(1, 0, 0), 100.0),
]


@pytest.mark.parametrize(
    ("values", "counts", "score"), NPS, ids=["none", "promoters", "detractors", "passives", "mixed", "outside"]
)
def test_nps_is_the_share_of_promoters_less_that_of_detractors(
    values: list[int], counts: NpsScore, score: float | None
) -> None:
    assert nps(values) == counts
    assert nps(values).score == score


CSAT = [([], 5, None), ([5, 4, 3, 1], 5, 50.0), ([7, 6, 5, 1], 7, 50.0), ([3, 2], 3, 50.0), ([0, 6, 5], 5, 100.0)]


@pytest.mark.parametrize(("values", "scale", "score"), CSAT)
def test_csat_is_the_share_of_the_two_best_answers(values: list[int], scale: int, score: float | None) -> None:
    assert csat(values, scale).score == score


def test_csat_counts_what_it_divides() -> None:
    assert csat([5, 4, 1]) == CsatScore(2, 3)
