"""Names that titles suggest: in every script a hub can be kept in, and never one that is taken."""

from __future__ import annotations

import pytest

from hub.model.naming import name_of


@pytest.mark.parametrize(
    ("title", "taken", "name"),
    [
        pytest.param("Bought tea, 90 days", (), "bought_tea_90_days", id="english"),
        pytest.param("Žluťoučký kůň", (), "zlutoucky_kun", id="czech"),
        pytest.param("Promoção de verão", (), "promocao_de_verao", id="portuguese"),
        pytest.param("Зимняя скидка, 10%", (), "zimniaia_skidka_10", id="russian"),
        pytest.param("Ещё щётки", (), "eshche_shchetki", id="russian-letters-of-several"),
        pytest.param("冬のセール", (), "segment", id="no-letters-that-are-known"),
        pytest.param("冬のセール", ("segment", "segment_2"), "segment_3", id="and-taken"),
        pytest.param("2026 newsletter", (), "segment_2026_newsletter", id="begins-with-a-digit"),
        pytest.param("Tea", ("tea",), "tea_2", id="taken"),
        pytest.param("", (), "segment", id="empty"),
        pytest.param("a " * 100, (), "_".join("a" * 25), id="long"),
    ],
)
def test_a_title_suggests_a_name(title: str, taken: tuple[str, ...], name: str) -> None:
    assert name_of(title, "segment", taken) == name
