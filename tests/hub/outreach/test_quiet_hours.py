"""Quiet hours by the rulebook that comes with the hub: where the recipient may be, all windows must be open."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config import shipped
from hub.model.errors import ConfigurationError
from hub.outreach.quiet_hours import Rulebook, Where, closed, next_opening, whereabouts
from hub.outreach.states import ZONES

BOOK = Rulebook.read(shipped("config", "rulebook.toml"))


def where(country: str = "", zone: str = "", state: str = "") -> Where:
    return Where(frozenset({country} if country else ()), state, frozenset({zone} if zone else ()))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "moment", "is_open"),
    [
        pytest.param(where("CZ", "Europe/Prague"), "2026-03-02 07:00", True, id="8:00 in Prague"),
        pytest.param(where("CZ", "Europe/Prague"), "2026-03-02 20:00", False, id="21:00 in Prague"),
        pytest.param(where("US", "America/New_York", "US-NY"), "2026-03-02 13:00", True, id="8:00 in New York"),
        pytest.param(where("US", "America/New_York"), "2026-03-02 13:30", False, id="8:30 where the state is unknown"),
        pytest.param(where("US", "America/New_York"), "2026-03-02 14:00", True, id="9:00: open in every state"),
        pytest.param(where("US", "America/New_York"), "2026-03-03 01:30", False, id="20:30 where it may be Florida"),
        pytest.param(where("US", "America/New_York", "US-NY"), "2026-03-03 01:30", True, id="20:30 in New York"),
        pytest.param(where("US", "America/New_York", "US-FL"), "2026-03-03 01:30", False, id="20:30 in Florida"),
        pytest.param(where("US", "America/Chicago", "US-TX"), "2026-03-01 17:30", False, id="Sunday 11:30 in Texas"),
        pytest.param(where("US", "America/Chicago", "US-TX"), "2026-03-01 18:30", True, id="Sunday 12:30 in Texas"),
        pytest.param(where("US", "America/Los_Angeles", "US-WA"), "2026-03-03 04:30", False, id="20:30 in Washington"),
        pytest.param(where("BR", "America/Sao_Paulo"), "2026-03-01 15:00", False, id="Sunday noon in Brazil"),
        pytest.param(where("BR", "America/Sao_Paulo"), "2026-03-03 00:30", True, id="Monday 21:30 in Brazil"),
        pytest.param(where(), "2026-03-02 10:00", False, id="unknown place: 11:00 at home is too early"),
        pytest.param(where(), "2026-03-02 12:00", True, id="unknown place: 13:00 at home"),
        pytest.param(where("CZ"), "2026-03-02 09:00", False, id="a country without a zone is narrow"),
        pytest.param(where(zone="Europe/Prague"), "2026-03-02 09:00", False, id="a zone without a country is narrow"),
    ],
)
@pytest.mark.outbound("hours-default", "hours-texas", "hours-unknown")
def test_windows_are_open_or_closed_at_the_recipient(place: Where, moment: str, is_open: bool) -> None:
    at = utc(moment)
    windows = BOOK.windows(place, "Europe/Prague", at.date())
    assert windows, "there is always a window to ask"
    assert (closed(windows, at) is None) is is_open


@pytest.mark.parametrize(
    ("sources", "countries", "zones"),
    [
        pytest.param(("Europe/Prague", ["CZ", "CZ"], ["Europe/Prague"]), {"CZ"}, {"Europe/Prague"}, id="all agree"),
        pytest.param(
            ("America/Denver", ["US"], ["America/Denver", "America/New_York"]), {"US"}, {"America/Denver"},
            id="what is stated narrows the number down",
        ),
        pytest.param(
            ("Asia/Tokyo", ["CZ"], []), {"CZ"}, {"Asia/Tokyo", "Europe/Prague"}, id="disagreeing: both must be open"
        ),
        pytest.param(
            ("America/Chicago", ["US"], ["America/New_York"]), {"US"}, {"America/Chicago", "America/New_York"},
            id="a country that only says less is no third party",
        ),
        pytest.param(("US/Eastern", ["US"], []), {"US"}, {"America/New_York"}, id="an older name of a zone"),
        pytest.param(("Mars/Olympus", [""], ["Etc/Nowhere"]), set(), set(), id="nonsense is unknown"),
    ],
)  # fmt: skip
@pytest.mark.outbound("hours-provenance")
def test_where_sources_disagree_all_of_them_count(
    sources: tuple[str, list[str], list[str]], countries: set[str], zones: set[str]
) -> None:
    stated, named, phone = sources
    found = whereabouts(stated_zone=stated, countries=named, state="", phone_zones=phone)
    assert (found.countries, found.zones) == (countries, zones)


@given(
    st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2035-12-01"), timezones=st.just(UTC)),
)
def test_the_next_opening_is_open_and_within_three_days(name: str, moment: datetime) -> None:
    windows = BOOK.windows(where("CZ", name), "UTC", moment.date())
    opening = next_opening(windows, moment)
    assert opening is not None
    assert moment <= opening
    assert (opening - moment).days <= 3
    assert closed(windows, opening) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hours = 3", id="no rows"),
        pytest.param('[[hours]]\nplace = "CZ"', id="a row without hours"),
        pytest.param("[[hours", id="no TOML"),
        pytest.param(
            '[[hours]]\nplace = "CZ"\nfrom = "08:00"\nto = "21:00"\nsource = ""\nsince = 2026-01-01', id="no default"
        ),
    ],
)
def test_a_rulebook_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rulebook.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="rulebook"):
        Rulebook.read(file)


def test_every_row_says_where_it_stands() -> None:
    assert all(row.source for row in BOOK.rows)


@pytest.mark.parametrize(
    ("written", "number_zones", "code", "zones"),
    [
        pytest.param("US-CA", [], "US-CA", {"America/Los_Angeles"}, id="a code"),
        pytest.param("us-ca", [], "US-CA", {"America/Los_Angeles"}, id="in small letters"),
        pytest.param("CA", [], "US-CA", {"America/Los_Angeles"}, id="as on a letter"),
        pytest.param(" north  Carolina", [], "US-NC", {"America/New_York"}, id="by its name"),
        pytest.param("FL", ["America/New_York"], "US-FL", {"America/New_York"}, id="a number says which of its clocks"),
        pytest.param(
            "CA", ["America/New_York"], "US-CA", {"America/Los_Angeles", "America/New_York"}, id="a number elsewhere"
        ),
        pytest.param("US-ZZ", ["America/New_York"], "", {"America/New_York"}, id="no state: every state's hours hold"),
        pytest.param("Texass", ["America/Chicago"], "", {"America/Chicago"}, id="misspelt: the same"),
    ],
)  # fmt: skip
@pytest.mark.outbound("hours-provenance", "hours-texas")
def test_a_state_is_read_as_people_write_it_and_tells_of_its_clock(
    written: str, number_zones: list[str], code: str, zones: set[str]
) -> None:
    found = whereabouts(stated_zone="", countries=["US"], state=written, phone_zones=number_zones)
    assert (found.state, found.zones) == (code, zones)
    places = {window.hours.place for window in BOOK.windows(found, "Europe/Prague", utc("2026-03-02").date())}
    assert ("US-TX" in places) is (code == "")


def test_every_state_is_known_by_its_clocks() -> None:
    assert len(ZONES) == 51
    assert set().union(*ZONES.values()) <= available_timezones()
    assert {row.place for row in BOOK.rows if row.place.startswith("US-")} <= set(ZONES)
