"""States of the United States: their codes (ISO 3166-2:US) as people write them, and the clocks that each has.

Hours of promotions differ from state to state (config/rulebook.toml), and a state tells of its clock more than its
country does. Source of the clocks: 49 CFR part 71, in the zones of the IANA database that phone numbers are told by.
"""

from __future__ import annotations

from collections.abc import Mapping

_EAST, _CENTRAL, _MOUNTAIN, _PACIFIC = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_CLOCKS: Mapping[tuple[str, ...], str] = {
    (_EAST,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_EAST, _CENTRAL): "FL IN KY MI TN",
    (_CENTRAL,): "AL AR IA IL LA MN MO MS OK WI",
    (_CENTRAL, _MOUNTAIN): "KS ND NE SD TX",
    (_MOUNTAIN,): "CO MT NM UT WY",
    (_MOUNTAIN, "America/Phoenix"): "AZ",
    (_MOUNTAIN, _PACIFIC): "ID NV OR",
    (_PACIFIC,): "CA WA",
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
}
ZONES: Mapping[str, frozenset[str]] = {
    f"US-{code}": frozenset(zones) for zones, codes in _CLOCKS.items() for code in codes.split()
}
_NAMED = (
    *("AL Alabama", "AK Alaska", "AZ Arizona", "AR Arkansas", "CA California", "CO Colorado", "CT Connecticut"),
    *("DE Delaware", "DC District of Columbia", "FL Florida", "GA Georgia", "HI Hawaii", "ID Idaho", "IL Illinois"),
    *("IN Indiana", "IA Iowa", "KS Kansas", "KY Kentucky", "LA Louisiana", "ME Maine", "MD Maryland"),
    *("MA Massachusetts", "MI Michigan", "MN Minnesota", "MS Mississippi", "MO Missouri", "MT Montana", "NE Nebraska"),
    *("NV Nevada", "NH New Hampshire", "NJ New Jersey", "NM New Mexico", "NY New York", "NC North Carolina"),
    *("ND North Dakota", "OH Ohio", "OK Oklahoma", "OR Oregon", "PA Pennsylvania", "RI Rhode Island"),
    *("SC South Carolina", "SD South Dakota", "TN Tennessee", "TX Texas", "UT Utah", "VT Vermont", "VA Virginia"),
    *("WA Washington", "WV West Virginia", "WI Wisconsin", "WY Wyoming"),
)
_CODES = {name.casefold(): f"US-{code}" for code, _, name in (each.partition(" ") for each in _NAMED)}


def state_code(written: str, countries: frozenset[str]) -> str:
    """Returns `US-TX` for `us-tx`, `TX` and `Texas` of an address in the US; empty for what is no state there.

    Codes of other countries' parts (ISO 3166-2) stay as they are: no hours differ by them but in an own rulebook.
    """
    text = " ".join(written.split())
    country, dash, _ = text.upper().partition("-")
    if dash and len(country) == 2 and country != "US":
        return text.upper()
    if "US" not in countries:
        return ""
    code = text.upper() if dash else f"US-{text.upper()}"
    if code in ZONES:
        return code
    return _CODES.get(text.removeprefix("US-").casefold(), "")
