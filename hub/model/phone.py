"""Phone numbers: read as people write them, described, and compared as mobile lines.

phonenumbers' geocoder (98 MB) is never imported; its time zones are read only when asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

from hub.model.errors import Unreadable

_MAXIMUM_LENGTH = 250  # phonenumbers refuses longer input; a pasted mail is no number
_UNKNOWN_REGION = "ZZ"
_NO_ZONE = "Etc/Unknown"

_WHY = {
    NumberParseException.INVALID_COUNTRY_CODE: "no country has this code; write the number with + and its country code",
    NumberParseException.NOT_A_NUMBER: "this is no phone number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too few digits follow the international prefix",
    NumberParseException.TOO_SHORT_NSN: "a phone number has more digits than this",
    NumberParseException.TOO_LONG: "a phone number has fewer digits than this",
}
# Not the country's ISO 3166 code, but what people write for it (ISO 3166 reserves UK for that).
_ALSO_CALLED = {"UK": "GB", "EL": "GR"}
_BESIDE = re.compile(r"(?<=\d)\s*(?:[/;|,\n]|\s\(?[^\W\d_]{2,})")
_FEWEST_DIGITS = 7
# A WhatsApp id or link holds the whole number without `+`: `14155550132@s.whatsapp.net`, `https://wa.me/14155550132`.
_WHATSAPP = re.compile(
    r"(?:(?:https?://)?wa\.me/\+?)?([1-9]\d{6,14})(?:@(?:s\.whatsapp\.net|c\.us)|(?<=\d)[/?]\S{0,100})?"
)
_SIP = re.compile(r"sips?:([^@;]{1,40})[@;]\S{0,200}", re.IGNORECASE)
# A column of numbers saved as decimals.
_FLOAT = re.compile(r"\d{7,15}\.0")
# Who dialled 8 where others dial 0, and still writes it: Russia, Kazakhstan, Belarus, Ukraine.
_SOVIET = frozenset({"RU", "KZ", "BY", "UA"})
_EIGHT = re.compile(r"80?(\d{9,10})")
_NOT_DIGIT = re.compile(r"\D+")
_NO_REGION = "the number is written without its country; give the region (two letters, e.g. US) or write it with +"


def read_phone(number: str, region: str | None = None) -> PhoneNumber:
    """Reads a number as people write it: with brackets, letters, wide digits, `00` or `011`, an extension, `tel:`.

    `region`: ISO 3166 code, in any case, of a number written without its country. The number may be impossible: ask
    `is_possible`. Raises Unreadable with the reason.
    """
    text = _as_written(number)
    if not text or len(text) > _MAXIMUM_LENGTH:
        raise Unreadable("this is no phone number")
    home = (region or _UNKNOWN_REGION).strip().upper()
    home = _ALSO_CALLED.get(home, home)
    try:
        parsed = phonenumbers.parse(text, home)
    except NumberParseException as error:
        if (alone := _alone(text, home) or _abroad(text) or _after_eight(text, home)) is not None:
            return alone
        international = text.startswith(("+", "＋"))
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and not international and not _is_region(home):
            raise Unreadable(_NO_REGION) from error
        raise Unreadable(_WHY[error.error_type]) from error
    if phonenumbers.is_valid_number(parsed):
        return parsed
    meant = (_abroad(text) if text.startswith("00") else None) or _meant(text, parsed, home)
    if meant is not None:
        return meant
    if is_possible(parsed):
        return parsed
    return _alone(text, home) or _respelled(parsed)


def _as_written(number: str) -> str:
    """Returns a number without what programs put around it: a WhatsApp id's or SIP address's host, Excel's `.0`."""
    text = number.strip()
    if ("@" in text or "wa.me" in text) and (found := _WHATSAPP.fullmatch(text)):
        return f"+{found[1]}"
    if found := _SIP.fullmatch(text):
        return found[1]
    if _FLOAT.fullmatch(text):
        return text[:-2]
    return f"+{text[3:]}" if text.startswith("+00") else text


def _meant(text: str, parsed: PhoneNumber, home: str) -> PhoneNumber | None:
    """Returns the one valid number that an invalid one was meant for, None where there is none.

    Tried: without the trunk prefix 0 that a country has given up or that stands behind its code (`+420 (0) 777`);
    the country's own code without `+`; the 8 of the Soviet numbering plan.
    """
    national = phonenumbers.national_significant_number(parsed)
    tries = []
    if national.startswith("0") and not _E164.match(text):
        tries.append(f"+{parsed.country_code}{national.lstrip('0')}")
    code = str(phonenumbers.country_code_for_region(home) or "")
    if code and national.startswith(code) and not text.startswith(("+", "＋")):
        tries.append(f"+{national}")
    for spelled in tries:
        if (meant := _valid(spelled)) is not None:
            meant.extension = parsed.extension
            return meant
    return _after_eight(text, home)


def _after_eight(text: str, home: str) -> PhoneNumber | None:
    """Returns the number behind the 8 that those dialled who dial 0 today, as the Soviet numbering plan had it."""
    eight = _EIGHT.fullmatch(_NOT_DIGIT.sub("", text)) if home in _SOVIET else None
    return _valid(f"+{phonenumbers.country_code_for_region(home)}{eight[1]}") if eight else None


def _abroad(text: str) -> PhoneNumber | None:
    """Returns the number after 00, which people write for + also where their own country dials another prefix."""
    return _valid(f"+{text[2:]}") if text.startswith("00") else None


def _valid(international: str) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(international)
    except NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None


def _alone(text: str, home: str) -> PhoneNumber | None:
    """Returns the number before words in the same field, as "(work)"; of two numbers neither is chosen."""
    cut = _BESIDE.search(text)
    if cut is None or any(map(str.isdigit, text[cut.start() :])):
        return None
    if sum(map(str.isdigit, text[: cut.start()])) < _FEWEST_DIGITS:
        return None
    try:
        parsed = phonenumbers.parse(text[: cut.start()], home)
    except NumberParseException:
        return None
    return parsed if is_possible(parsed) else None


def is_country(code: str) -> bool:
    """Tells whether two letters (ISO 3166) name a country that has phone numbers."""
    return _is_region(code)


def _is_region(region: str) -> bool:
    return region in phonenumbers.SUPPORTED_REGIONS


def _respelled(impossible: PhoneNumber) -> PhoneNumber:
    """Returns a number of an older numbering plan as it is dialled today, where that makes it possible."""
    written = e164(impossible)
    today = mobile_key(written)
    if today != written and is_possible(respelled := phonenumbers.parse(today)):
        return respelled
    return impossible


_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_LONGEST_COUNTRY_CODE = 3


def is_plain_e164(number: str) -> bool:
    """Tells whether a number is a possible one, written in E.164 already, so that reading it would change nothing.

    Providers write so. Reading a number whole takes 45 us, this 2: its country's plan is asked only for a national
    prefix in front of it, which reading would strip, and for its length.
    """
    if not _E164.match(number):
        return False
    for digits in range(1, _LONGEST_COUNTRY_CODE + 1):
        plan = _plan(number[1 : 1 + digits])
        if plan is not None:
            national = number[1 + digits :]
            return len(national) in plan.lengths and not (plan.prefix and plan.prefix.match(national))
    return False


@dataclass(frozen=True, slots=True)
class _Plan:
    prefix: re.Pattern[str] | None
    lengths: frozenset[int]


@lru_cache(maxsize=1_200)
def _plan(country_code: str) -> _Plan | None:
    """Returns what a country says of its national numbers, None where no country has this code."""
    code = int(country_code)
    if code not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return None
    region = phonenumbers.region_code_for_country_code(code)
    plan = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if plan is None or plan.general_desc is None:
        return None
    prefix = plan.national_prefix_for_parsing
    return _Plan(re.compile(prefix) if prefix else None, frozenset(plan.general_desc.possible_length))


def is_possible(parsed: PhoneNumber) -> bool:
    """Tells whether a number has a length that its country uses."""
    return phonenumbers.is_possible_number(parsed)


def e164(parsed: PhoneNumber) -> str:
    """Returns `+` and all digits (ITU-T E.164), without the extension."""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def region_of(parsed: PhoneNumber) -> str | None:
    """Returns the ISO 3166 code of the number's country; None where several share its code and it fits none."""
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
        region = regions[0] if len(regions) == 1 else None
    # 001 stands for networks that belong to no country, e.g. +800.
    return None if region in (None, "001") else str(region)


def time_zones(parsed: PhoneNumber) -> list[str]:
    """Returns the IANA zones in which the number may be: for a mobile or freephone number all of its country."""
    from phonenumbers import timezone

    return [zone for zone in timezone.time_zones_for_number(parsed) if zone != _NO_ZONE]


def describe_phone(number: str, region: str | None = None) -> dict[str, Any]:
    """Returns input, e164, region, time_zones, extension, and whether the number is possible and valid.

    Raises Unreadable where there is no number to describe.
    """
    parsed = read_phone(number, region)
    return {
        "input": number,
        "e164": e164(parsed),
        "region": region_of(parsed),
        "time_zones": time_zones(parsed),
        "extension": parsed.extension or "",
        "possible": is_possible(parsed),
        "valid": phonenumbers.is_valid_number(parsed),
    }


# Countries whose mobile numbers go about in two spellings, of which only one is dialled today.
_TWO_SPELLINGS = (
    # Brazil: a ninth digit before old eight-digit mobile numbers (Anatel, resolution 553/2010); WhatsApp shows the old.
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    # Mexico: the 1 after +52 is gone since 3 August 2019 (IFT numbering plan); WhatsApp still shows it.
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    # The prefixes before mobile and long-distance numbers within Mexico went with it.
    (re.compile(r"\+52(?:044|045|01)(\d{10})"), r"+52\1"),
    # Argentina: the 9 marks a mobile in calls from abroad; texts arrive with or without it (ENACOM numbering plan).
    (re.compile(r"\+549(\d{10})"), r"+54\1"),
)


@lru_cache(maxsize=65_536)
def mobile_key(number: str) -> str:
    """Returns a key that both spellings of one mobile line share; to compare, never to dial. `number`: E.164."""
    for spelling, today in _TWO_SPELLINGS:
        if spelling.fullmatch(number):
            return spelling.sub(today, number)
    return number


_OTHERWISE = (
    (re.compile(r"\+55(\d\d)9([6-9]\d{7})"), r"+55\1\2"),
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+52(\d{10})"), r"+521\1"),
    (re.compile(r"\+549(\d{10})"), r"+54\1"),
    (re.compile(r"\+54(\d{10})"), r"+549\1"),
)


def other_spelling(number: str) -> str:
    """Returns the other E.164 spelling under which texts of the same mobile line may come; '' where there is none."""
    if number.startswith("+5"):
        for spelling, other in _OTHERWISE:
            if spelling.fullmatch(number):
                return spelling.sub(other, number)
    return ""
