"""The rulebook as data: rows of states, rows that begin on their day, and a hub's own in place of the shipped one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from hub.config import Settings, shipped
from hub.outreach.quiet_hours import Hours, Rulebook, Where, closed, closing, rulebook_of

BOOK = Rulebook.read(shipped("config", "rulebook.toml"))
NEW_YORK, CHICAGO, PRAGUE = "America/New_York", "America/Chicago", "Europe/Prague"
OWN = """
[[hours]]
place = "{place}"
from = "10:00"
to = "18:00"
source = "Our own wish"
since = 2026-01-01
"""


def is_open(book: Rulebook, country: str, state: str, zone: str, moment: str) -> bool:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    place = Where(frozenset({country}), state, frozenset({zone}))
    return closed(book.windows(place, PRAGUE, at.date()), at) is None


@pytest.mark.law("hours")
@pytest.mark.outbound("hours-connecticut-florida", "hours-texas", "hours-default")
@pytest.mark.parametrize(
    ("state", "zone", "moment", "expected"),
    [
        pytest.param("US-CT", NEW_YORK, "2026-03-02 13:59", False, id="8:59 in Connecticut"),
        pytest.param("US-CT", NEW_YORK, "2026-03-02 14:00", True, id="9:00 in Connecticut"),
        pytest.param("US-CT", NEW_YORK, "2026-03-03 00:59", True, id="19:59 in Connecticut"),
        pytest.param("US-CT", NEW_YORK, "2026-03-03 01:00", False, id="20:00 in Connecticut"),
        pytest.param("US-FL", NEW_YORK, "2026-03-03 00:59", True, id="19:59 in Florida"),
        pytest.param("US-FL", NEW_YORK, "2026-03-03 01:00", False, id="20:00 in Florida"),
        pytest.param("US-TX", CHICAGO, "2026-03-01 17:59", False, id="Sunday 11:59 in Texas"),
        pytest.param("US-TX", CHICAGO, "2026-03-01 18:00", True, id="Sunday 12:00 in Texas"),
        pytest.param("US-NY", NEW_YORK, "2026-03-03 01:59", True, id="20:59 in New York"),
        pytest.param("US-NY", NEW_YORK, "2026-03-03 02:00", False, id="21:00 in New York"),
    ],
)
def test_states_keep_their_own_hours_to_the_minute(state: str, zone: str, moment: str, expected: bool) -> None:
    assert is_open(BOOK, "US", state, zone, moment) is expected


@pytest.mark.outbound("hours-validity")
@pytest.mark.parametrize(
    ("state", "zones", "moment", "expected"),
    [
        pytest.param("US-NY", {NEW_YORK}, "2026-03-03 01:59", "2026-03-03 02:00", id="a minute before nine"),
        pytest.param("US-FL", {NEW_YORK}, "2026-03-02 16:00", "2026-03-03 01:00", id="eight in Florida"),
        pytest.param("US-TX", {CHICAGO}, "2026-03-01 19:00", "2026-03-02 03:00", id="a Sunday in Texas"),
        pytest.param("", {NEW_YORK, CHICAGO}, "2026-03-02 20:00", "2026-03-03 01:00", id="the first of two clocks"),
        pytest.param("US-NY", {NEW_YORK}, "2026-03-08 14:00", "2026-03-09 01:00", id="the day the clocks changed"),
    ],
)
def test_a_text_is_valid_no_longer_than_the_hours_are_open(
    state: str, zones: set[str], moment: str, expected: str
) -> None:
    at, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (moment, expected))
    windows = BOOK.windows(Where(frozenset({"US"}), state, frozenset(zones)), PRAGUE, at.date())
    assert closed(windows, at) is None
    assert closing(windows, at) == end
    assert closing((), at) is None


@pytest.mark.outbound("law-as-data")
def test_a_row_counts_from_its_day_on_and_says_where_it_stands() -> None:
    later = Hours(
        place="CZ",
        opens=time(10),
        closes=time(12),
        days=frozenset(range(7)),
        sunday=None,
        source="a law to come",
        since=date(2026, 4, 1),
    )
    book = Rulebook((*BOOK.rows, later))
    assert is_open(book, "CZ", "", PRAGUE, "2026-03-31 12:00")
    assert not is_open(book, "CZ", "", PRAGUE, "2026-04-01 12:00")
    told = [(row.place, row.source, row.since) for row in BOOK.rows]
    told += [(row.place, row.source, row.since) for row in BOOK.words]
    told += [(row.place, row.source, row.since) for row in BOOK.calls]
    assert [place for place, source, since in told if not source or since < date(1990, 1, 1)] == []


@pytest.mark.law("rulebook-own")
@pytest.mark.outbound("hours-own", "hours-default")
def test_a_hubs_own_hours_stand_in_place_of_the_shipped_ones(settings: Settings) -> None:
    assert is_open(rulebook_of(settings), "CZ", "", PRAGUE, "2026-03-02 08:30")
    settings.hub.data.mkdir(parents=True, exist_ok=True)
    (settings.hub.data / "rulebook.toml").write_text("".join(OWN.format(place=one) for one in ("default", "unknown")))
    own = rulebook_of(settings)
    assert not is_open(own, "CZ", "", PRAGUE, "2026-03-02 08:30")
    assert is_open(own, "CZ", "", PRAGUE, "2026-03-02 09:00")
    assert own.words == BOOK.words, "what it does not say stays as it was shipped"
