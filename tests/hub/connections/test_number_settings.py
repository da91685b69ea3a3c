"""What a number is told besides how it signs in: checked where it is written, and left as it is where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from hub.desk.number_settings import read_number_settings, settings_of
from hub.model.errors import Refused

HELP = {"help": {"en": "Call {business}", "cs": "  Volejte\n nám "}}


def test_what_is_written_is_kept_as_the_channel_reads_it_and_what_is_empty_is_taken_away() -> None:
    given: dict[str, Any] = {
        "countries": "us, CA us", "price_per_part": " 0.0079", "price_currency": "usd", "daily_spend": "50",
        "whatsapp_number": "+1 415 555 0100", "count_clicks": True, "answers": HELP, "business_name": " A  B ",
    }  # fmt: skip
    kept = read_number_settings("texts", given, {})
    assert kept == {
        "countries": ["US", "CA"], "price_per_part": "0.0079", "price_currency": "USD", "daily_spend": "50",
        "whatsapp_number": "+14155550100", "count_clicks": True, "business_name": "A B",
        "answers": {"help": {"en": "Call {business}", "cs": "Volejte nám"}},
    }  # fmt: skip
    empty = {"countries": "", "daily_spend": "", "answers": {"stop": {"en": " "}}, "whatsapp_number": ""}
    assert read_number_settings("texts", empty, kept) == dict.fromkeys(empty)
    assert settings_of("texts", kept)["countries"] == ["US", "CA"]
    assert settings_of("calls", {}) == {"answering_machine": "hang_up"}


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        pytest.param("texts", {"countries": "US, XX"}, "countries", id="no country"),
        pytest.param("texts", {"daily_spend": "5"}, "daily_spend", id="a cap without a price"),
        pytest.param("texts", {"price_per_part": "-1"}, "price_per_part", id="less than nothing"),
        pytest.param("texts", {"price_per_part": "NaN"}, "price_per_part", id="no amount"),
        pytest.param("texts", {"price_currency": "dollars"}, "price_currency", id="no currency"),
        pytest.param("texts", {"whatsapp_number": "4155550100"}, "whatsapp_number", id="no country in the number"),
        pytest.param("texts", {"answers": {"help": {"xx": "?"}}}, "answers", id="no language"),
        pytest.param("texts", {"answers": {"yes": {"en": "?"}}}, "answers", id="no such answer"),
        pytest.param("texts", {"answers": {"help": {"en": "x" * 321}}}, "answers.help.en", id="too long"),
        pytest.param("texts", {"auth_tokens": "x"}, "auth_tokens", id="a secret"),
        pytest.param("texts", {"base_url": "http://evil"}, "base_url", id="another provider"),
        pytest.param("calls", {"answering_machine": "sing"}, "answering_machine", id="no such way"),
        pytest.param("mail_in", {"countries": "US"}, "name", id="a mailbox"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(kind: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_number_settings(kind, given, {})
    assert refused.value.field == field
