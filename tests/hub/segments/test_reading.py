"""What a segment may say: read from JSON with every rule checked, written back, and said in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from hub.model.errors import Refused
from hub.model.segment import DEEPEST, KINDS, MOST_ROWS, read_segment
from hub.model.segment.sentence import Sentence
from tests.hub.segments.test_audience import ROWS
from tests.hub.segments.test_records import ROWS as RECORDS

CZECH = {"about": "country", "is": "one_of", "value": ["CZ"]}


def _nested(deep: int) -> dict[str, Any]:
    return {"all": [_nested(deep - 1)]} if deep else CZECH


WRONG = {
    "no group": ({"some": []}, "", "a condition is a row"),
    "two groups in one": ({"all": [], "any": []}, "", "a condition is a row"),
    "no list": ({"all": CZECH}, "all", "needs a list"),
    "no condition": ({"all": ["x"]}, "all.0", "Row 1"),
    "nothing known": ({"all": [{"about": "shoe size"}]}, "all.0.about", "nothing to ask about"),
    "no word": ({"all": [{"about": "purchases"}]}, "all.0.is", "it does not say which of: has, has_not"),
    "wrong word": ({"all": [CZECH, {"about": "purchases", "is": "maybe"}]}, "all.1.is", "Row 2: 'maybe' is none of"),
    "a part of another row": (
        {"all": [{"any": [{**CZECH, "days": 3}]}]}, "all.0.any.0.days", "Row 1.1: 'days' does not belong here",
    ),
    "a part of another word": (
        {"all": [{"about": "birthday", "is": "known", "days": 3}]}, "all.0.days", "does not belong here",
    ),
    "a part is missing": ({"all": [{"about": "fact", "is": "known"}]}, "all.0.name", "does not say its name"),
    "days below nought": ({"all": [{"about": "purchases", "is": "has", "days": -1}]}, "all.0.days", "no whole number"),
    "more days than there are": (
        {"all": [{"about": "purchases", "is": "has", "days": "9" * 31}]}, "all.0.days", "no whole number from 0 to",
    ),
    "half a letter": ({"all": [{"about": "fact", "is": "known", "name": "\ud800"}]}, "all.0.name", "cannot be"),
    "a day of a week": (
        {"all": [{"about": "fact", "is": "at_least", "name": "a", "value": "2026-W01-1"}]}, "all.0.value", "neither",
    ),
    "days that are true": ({"all": [{"about": "purchases", "is": "has", "days": True}]}, "all.0.days", "whole number"),
    "an amount without its currency": (
        {"all": [{"about": "purchases", "is": "has", "amount": "5"}]}, "all.0.currency", "needs its currency",
    ),
    "an amount that is none": (
        {"all": [{"about": "purchases", "is": "has", "amount": "NaN", "currency": "EUR"}]}, "all.0.amount", "no amount",
    ),
    "five decimal places": (
        {"all": [{"about": "purchases", "is": "has", "amount": "0.00001", "currency": "EUR"}]},
        "all.0.amount", "decimal",
    ),
    "a name with quotes": ({"all": [{"about": "fact", "is": "known", "name": 'a"b'}]}, "all.0.name", "cannot be used"),
    "neither number nor day": (
        {"all": [{"about": "fact", "is": "at_least", "name": "a", "value": "much"}]}, "all.0.value", "neither a number",
    ),
    "an empty choice": ({"all": [{"about": "country", "is": "one_of", "value": []}]}, "all.0.value", "does not say"),
    "no country": ({"all": [{"about": "country", "is": "one_of", "value": ["Czech"]}]}, "all.0.value", "it as CZ"),
    "too many values": ({"all": [{**CZECH, "value": [f"A{n}" for n in range(99)]}]}, "all.0.value", "are needed"),
    "a text without end": (
        {"all": [{"about": "purchases", "is": "has", "sku": "x" * 300}]}, "all.0.sku", "longer than 200",
    ),
    "groups too deep": (_nested(DEEPEST + 1), "", "more than 4 deep"),
    "too many rows": ({"all": [{"any": [CZECH] * 30}, {"any": [CZECH] * 30}]}, "", f"more than {MOST_ROWS} rows"),
}  # fmt: skip


@pytest.mark.parametrize(("conditions", "field", "words"), WRONG.values(), ids=WRONG.keys())
@pytest.mark.outbound("segment-no-sql")
def test_what_cannot_be_is_refused_by_its_row(conditions: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read_segment(conditions)
    assert words in refused.value.message
    assert refused.value.field.startswith(field)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['about']} {row['is']}")
@pytest.mark.outbound("segment-rows")
def test_a_row_is_written_back_as_it_was_read_and_says_itself(row: dict[str, Any]) -> None:
    segment = read_segment({"all": [{"not": row}]})
    assert segment.as_json() == {"all": [{"not": row}]}
    [(read, opposite)] = segment.rows()
    assert opposite
    assert "%(" not in str(read.say())


def test_the_table_of_rows_knows_every_kind_and_word() -> None:
    """Says that no kind of row goes without being tried: against the oracle, or a world of records."""
    asked = {(row["about"], row["is"]) for row in (*ROWS, *(row for row, _ in RECORDS.values()))}
    simple = {("language", "known"), ("country", "none_of"), ("country", "unknown"), ("time_zone", "none_of"),
              ("time_zone", "known"), ("time_zone", "unknown"), ("birthday", "known"), ("nps", "answered")}  # fmt: skip
    every = {(about, word) for about, kind in KINDS.items() for word in kind.words}
    assert every - asked <= simple


def test_the_same_row_is_read_from_a_pages_texts() -> None:
    told = {
        "about": "purchases",
        "is": "has",
        "days": " 0000000000000090",
        "times": "2",
        "amount": "49.90",
        "currency": "EUR",
        "sku": "",
    }
    segment = read_segment({"all": [told]})
    assert segment.as_json() == {
        "all": [{"about": "purchases", "is": "has", "days": 90, "times": 2, "amount": "49.90", "currency": "EUR"}]
    }
    assert [str(each) for each in segment.sentences()] == [
        "bought something, in the last 90 days, at least 2 times, for 49.90 EUR or more in all"
    ]


def test_a_sentence_speaks_the_language_of_its_reader() -> None:
    [(row, _)] = read_segment({"any": [{"about": "consent", "is": "given", "scheme": "tel"}]}).rows()
    said: Sentence = row.say()
    czech = {"agreed to %(purpose)s %(way)s": "souhlasí: %(purpose)s, %(way)s", "promotions": "nabídky",
             "by phone and text": "telefonem a SMS"}  # fmt: skip
    assert (
        said.told(lambda text: czech.get(text, text), lambda one, many, n: many) == "souhlasí: nabídky, telefonem a SMS"
    )
