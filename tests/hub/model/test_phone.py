"""Phone numbers as people write them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

from hub.model.errors import Unreadable
from hub.model.phone import describe_phone, e164, is_plain_e164, is_possible, mobile_key, read_phone

SHARED = Path(__file__).parents[3] / ".." / "shared" / "corpora" / "phones" / "cases.jsonl"


@pytest.mark.parametrize(
    ("number", "region", "e164"),
    [
        pytest.param("(415) 555-0123", "us", "+14155550123", id="national, region in any case"),
        pytest.param("011 420 601 123 456", "US", "+420601123456", id="011 abroad"),
        pytest.param("0044 20 7946 0018", "CZ", "+442079460018", id="00 abroad"),
        pytest.param("+44 (0)20 7946 0018", None, "+442079460018", id="trunk zero in brackets"),
        pytest.param("０２０ ７９４６ ００１８", "GB", "+442079460018", id="wide digits"),
        pytest.param("+39 02 1234 5678", None, "+390212345678", id="Italy keeps its zero"),
        pytest.param("1-800-FLOWERS", "US", "+18003569377", id="letters"),
        pytest.param("+1 415 555 0123 ext. 5", None, "+14155550123", id="an extension is apart"),
        pytest.param("tel:+1-415-555-0123", None, "+14155550123", id="tel URI"),
        pytest.param("tel:555-0123;phone-context=+1-415", None, "+14155550123", id="phone-context"),
        pytest.param("+52 1 55 1234 5678", None, "+525512345678", id="Mexico's old 1"),
        pytest.param("14155550123@s.whatsapp.net", None, "+14155550123", id="a WhatsApp id"),
        pytest.param("https://wa.me/14155550123?text=hi", None, "+14155550123", id="a WhatsApp link"),
        pytest.param("sip:+14155550123@example.com;user=phone", None, "+14155550123", id="a SIP address"),
        pytest.param("601123456.0", "CZ", "+420601123456", id="saved as a decimal by a spreadsheet"),
        pytest.param("+420 (0) 601 123 456", None, "+420601123456", id="a trunk zero the country has given up"),
        pytest.param("0 501 234 567", "PL", "+48501234567", id="the same without the country"),
        pytest.param("+00420601123456", None, "+420601123456", id="both prefixes"),
        pytest.param("8 (912) 345-67-89", "RU", "+79123456789", id="Russia's 8"),
        pytest.param("+8 912 345 67 89", "RU", "+79123456789", id="Russia's 8 after a plus"),
        pytest.param("8 050 123 45 67", "UA", "+380501234567", id="the Soviet 8 where 0 is dialled today"),
        pytest.param("+84 912 345 678", "RU", "+84912345678", id="Vietnam is no 8"),
        pytest.param("011 15 2345-6789", "AR", "+5491123456789", id="Argentina's 15"),
    ],
)
def test_a_number_is_read_as_people_write_it(number: str, region: str | None, e164: str) -> None:
    assert describe_phone(number, region)["e164"] == e164


def test_a_number_is_described_with_region_zones_and_extension() -> None:
    assert describe_phone("+420 601 123 456 ext. 7") == {
        "input": "+420 601 123 456 ext. 7",
        "e164": "+420601123456",
        "region": "CZ",
        "time_zones": ["Europe/Prague"],
        "extension": "7",
        "possible": True,
        "valid": True,
    }
    freephone = describe_phone("+800 1234 5678")
    assert (freephone["region"], freephone["possible"]) == (None, True)
    assert describe_phone("12", "US")["possible"] is False


@pytest.mark.parametrize(
    ("number", "region", "reason"),
    [
        ("", "US", "no phone number"),
        ("Dog", "US", "no phone number"),
        ("1" * 300, "US", "no phone number"),
        ("415 555 0123", None, "give the region"),
        ("415 555 0123", "Narnia", "give the region"),
        ("+999 123 456", None, "no country has this code"),
        ("415.555.0123 or 415.555.0124", "US", "fewer digits"),
    ],
)
def test_what_is_no_number_says_why(number: str, region: str | None, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_phone(number, region)


@pytest.mark.parametrize(
    ("old", "today"),
    [
        pytest.param("+551187654321", "+5511987654321", id="Brazil's ninth digit"),
        pytest.param("+5215512345678", "+525512345678", id="Mexico's 1"),
        pytest.param("+5491112345678", "+541112345678", id="Argentina's 9"),
    ],
)
def test_both_spellings_of_a_mobile_line_have_one_key(old: str, today: str) -> None:
    assert mobile_key(old) == mobile_key(today) == today


def test_other_numbers_are_their_own_key() -> None:
    assert mobile_key("+551133334444") == "+551133334444"
    assert mobile_key("+14155550123") == "+14155550123"


def test_the_geocoder_is_never_loaded() -> None:
    code = (
        "import sys; from hub.model.phone import describe_phone; describe_phone('+14155550123'); "
        "print([name for name in sys.modules if 'geocoder' in name or 'geodata' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the published cases are not beside the checkout")
def test_published_numbers_agree() -> None:
    rows = [json.loads(line) for line in SHARED.read_text(encoding="utf-8").splitlines()]
    parsed = [row for row in rows if "cc" in row["expected"]]
    wrong = []
    for row in parsed:
        number = read_phone(row["input"], row["default_region"])
        if (number.country_code, number.national_number) != (row["expected"]["cc"], row["expected"]["nsn"]):
            wrong.append(row["id"])
    assert wrong == []


def test_a_plain_number_is_what_reading_makes_of_it() -> None:
    chance, plain = random.Random(1), 0
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    for _ in range(3_000):
        number = f"+{chance.choice(codes)}{chance.choice('0189')}{chance.randrange(10 ** chance.randint(4, 11))}"
        if is_plain_e164(number):
            plain += 1
            read = read_phone(number)
            assert (e164(read), is_possible(read)) == (number, True)
    assert plain > 500


@pytest.mark.parametrize(
    "number", ["4155550123", "+1 4155550123", "+1415555012", "+44020794600", "+٤١٥٥٥٥٠١٢٣", "+999123"]
)
def test_what_reading_would_change_or_refuse_is_not_plain(number: str) -> None:
    assert not is_plain_e164(number)
