"""An offer is called by a customer's own language where it has a title in that."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.errors import Refused
from hub.model.offer import EMPTY, check_offer, title_in

TITLES = {"cs": "Jarní sleva", "pt": "Desconto de primavera"}


@pytest.mark.parametrize(
    ("language", "title"),
    [("cs", "Jarní sleva"), ("pt-BR", "Desconto de primavera"), ("de", "Spring"), ("", "Spring")],
)
def test_the_title_is_of_the_language_else_the_offers_own(language: str, title: str) -> None:
    assert title_in({"title": "Spring", "titles": TITLES}, language) == title
    assert title_in({"title": "Spring"}, language) == "Spring"


@pytest.mark.parametrize("titles", [{"cs": ""}, {"Czech!": "Sleva"}, {"cs": 1}, "Sleva"])
def test_titles_are_texts_by_language(titles: Any) -> None:
    offer = {**EMPTY, "title": "Spring", "percent": 10, "titles": titles}
    with pytest.raises(Refused) as refused:
        check_offer("spring", offer, {})
    assert refused.value.field == "titles"
