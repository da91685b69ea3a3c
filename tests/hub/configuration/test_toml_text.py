"""TOML as it is written: the same data when read back, and laid out for people."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.desk.configuration.toml_text import write_toml
from tests.soak import examples

_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
_PLAIN = _TEXT | st.integers(-(2**62), 2**62) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
_DATA = st.recursive(
    _PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.soak
@settings(max_examples=examples(150), deadline=None)
@given(st.dictionaries(_TEXT, _DATA, max_size=5))
def test_what_is_written_reads_back_the_same(data: dict[str, Any]) -> None:
    assert tomllib.loads(write_toml(data)) == data


def test_the_order_stays_and_plain_values_come_first() -> None:
    written = write_toml(
        {"words": {"en": "Yes", "cs": "Ano"}, "slug": "visit", "since": date(2026, 3, 1), "none": None}
    )
    assert written == 'slug = "visit"\nsince = 2026-03-01\n\n[words]\nen = "Yes"\ncs = "Ano"\n'


def test_tables_that_fit_a_line_stand_in_a_list_and_long_ones_have_headings() -> None:
    short = write_toml({"all": [{"about": "birthday", "is": "known"}, {"any": [{"about": "country", "days": 3}]}]})
    assert (
        short.splitlines()[0]
        == 'all = [{ about = "birthday", is = "known" }, { any = [{ about = "country", days = 3 }] }]'
    )
    long = write_toml({"fields": [{"name": "a", "label": {"en": "x" * 60, "cs": "y" * 60}}]})
    assert long == f'[[fields]]\nname = "a"\nlabel.en = "{"x" * 60}"\nlabel.cs = "{"y" * 60}"\n'


def test_several_lines_stay_several_lines() -> None:
    assert write_toml({"text": 'One\n"two"\n\tthree'}) == 'text = """\nOne\n"two"\n\tthree"""\n'


@pytest.mark.parametrize("value", [object(), b"bytes", 1j], ids=["object", "bytes", "complex"])
def test_what_toml_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        write_toml({"value": value})


def test_an_amount_is_written_as_a_number() -> None:
    assert tomllib.loads(write_toml({"amount": Decimal("12.50"), "whole": Decimal("3")})) == {
        "amount": 12.5,
        "whole": 3.0,
    }
