"""Frequency caps: counted on the owner's own calendar, reserved with the sending, by all processes together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from hub.config import FrequencyCap, Settings, load
from hub.model.errors import ConfigurationError
from hub.outreach.frequency import Cap, periods
from hub.outreach.house import House
from hub.outreach.prepare import gather, prepare
from hub.store.tables import MessageRow
from tests.hub.campaigns.conftest import Marketing

MAIL = "outgoing_mail"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "zones", "now", "counts"),
    [
        pytest.param(["2026-03-02T08:00"], ["UTC"], "2026-03-02T10:00", (1, 1, 1), id="today"),
        pytest.param(["2026-03-01T23:59"], ["UTC"], "2026-03-02T10:00", (0, 0, 1), id="Sunday: another day and week"),
        pytest.param(["2026-02-28T12:00"], ["UTC"], "2026-03-01T10:00", (0, 1, 0), id="last month, the same week"),
        pytest.param(["2026-03-01T23:30"], ["Europe/Prague"], "2026-03-02T10:00", (1, 1, 1), id="after midnight there"),
        pytest.param(
            ["2026-03-02T04:30"], ["America/New_York"], "2026-03-02T15:00", (0, 0, 1), id="the day before there"
        ),
        pytest.param(
            ["2026-03-02T04:30"], ["America/New_York", "UTC"], "2026-03-02T15:00", (1, 1, 1), id="either: it counts"
        ),
        pytest.param(["2026-03-28T23:30"], ["Europe/Prague"], "2026-03-29T21:30", (1, 1, 1), id="a day of 23 hours"),
    ],
)
@pytest.mark.outbound("cap-calendar")
def test_sent_is_counted_by_the_local_calendar(
    sent: list[str], zones: list[str], now: str, counts: tuple[int, int, int]
) -> None:
    found = periods(Cap(day=9, week=9, month=9), map(at, sent), zones, at(now))
    assert tuple(period.sent for period in found) == counts


def test_a_period_ends_where_the_next_begins_everywhere() -> None:
    (day,) = periods(Cap(day=1), [], ["America/New_York", "Europe/Prague"], at("2026-03-02T15:00"))
    assert day.ends_at == at("2026-03-03T05:00")


@pytest.mark.outbound("cap-unset")
def test_what_is_not_set_is_no_cap() -> None:
    assert periods(Cap(), [], ["UTC"], at("2026-03-02T15:00")) == ()


def capped(market: Marketing, **cap: int) -> None:
    limits = {"promotional": {MAIL: FrequencyCap(**cap)}}
    market.out.settings = market.out.settings.model_copy(update={"frequency_cap": limits})


async def two_campaigns(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com")
    for _ in range(2):
        await market.launched(late_minutes=24 * 60)
    await market.run()


@pytest.mark.parametrize(
    ("cap", "arrived", "states"),
    [
        pytest.param({}, 2, {"accepted"}, id="no cap"),
        pytest.param({"day": 2, "week": 2}, 2, {"accepted"}, id="under the cap"),
        pytest.param({"day": 1}, 1, {"accepted", "held"}, id="one a day: the other waits"),
        pytest.param({"month": 1}, 1, {"accepted", "suppressed"}, id="one a month: the other would be too late"),
        pytest.param({"day": 0}, 0, {"suppressed"}, id="none at all"),
    ],
)
@pytest.mark.outbound("gate-cap", "cap-calendar")
async def test_a_cap_holds_within_one_batch(
    market: Marketing, cap: dict[str, int], arrived: int, states: set[str]
) -> None:
    capped(market, **cap)
    market.out.clock.ahead = quiet_day(market)
    await two_campaigns(market)
    await market.out.send()
    assert len(market.out.mails()) == arrived
    assert {state for state, _ in await market.out.states()} == states


def quiet_day(market: Marketing) -> timedelta:
    """Moves to the 10th of next month, so that neither a week's nor a month's end is near."""
    now = market.out.clock()
    month = (now.replace(day=1) + timedelta(days=32)).replace(day=10)
    month += timedelta(days=(1 - month.weekday()) % 7)
    return month - datetime.now(UTC)


async def test_what_was_held_by_the_cap_goes_the_next_day(market: Marketing) -> None:
    capped(market, day=1)
    await two_campaigns(market)
    await market.out.send()
    held = next(row for row in await market.out.messages() if row["state"] == "held")
    assert held["reason"] == "frequency_cap_waits"
    market.out.clock.pass_(hours=20)
    await market.out.send()
    assert len(market.out.mails()) == 2


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
@pytest.mark.outbound("gate-cap")
async def test_two_processes_do_not_exceed_a_cap_together(market: Marketing) -> None:
    capped(market, day=1)
    await two_campaigns(market)
    other = await market.out.another_database()
    senders = [market.out.dispatcher("one"), market.out.dispatcher("two", other)]
    first = [await sender.database.write(sender._claim, (MAIL, 1)) for sender in senders]
    assert [len(claimed) for claimed in first] == [1, 1]
    await asyncio.gather(*[_send(sender, claimed) for sender, claimed in zip(senders, first, strict=True)])
    assert len(market.out.mails()) == 1


async def _send(sender: Any, claimed: list[dict[str, Any]]) -> None:
    materials = await sender.database.read(gather, claimed)
    prepared = prepare(claimed[0], materials, sender.house, sender.rulebook)
    for passed, go in await sender.let_through([prepared]):
        await sender.settle(await sender.hand_over(MAIL, passed, go))


async def test_a_rejected_message_does_not_count(market: Marketing) -> None:
    capped(market, day=1)
    await two_campaigns(market)
    failed = update(MessageRow).where(MessageRow.id == 1).values(state="failed", reason="rejected")
    await market.out.write(lambda conn: conn.execute(failed))
    await market.out.send()
    assert len(market.out.mails()) == 1


def test_a_cap_of_no_channel_is_refused(settings: Settings) -> None:
    wrong = settings.model_copy(update={"frequency_cap": {"promotional": {"main_nubmer": FrequencyCap(day=1)}}})
    with pytest.raises(ConfigurationError, match="main_nubmer"):
        House.of(wrong, {}, "https://hub.example.com")


def test_caps_are_read_from_the_settings_file(tmp_path: Any) -> None:
    file = tmp_path / "hub.toml"
    file.write_text("[frequency_cap.promotional]\nany = { day = 1, week = 3 }\n")
    assert load(file=file, environment={}).frequency_cap == {"promotional": {"any": FrequencyCap(day=1, week=3)}}
    file.write_text("[frequency_cap.promotional]\nany = { daily = 1 }\n")
    with pytest.raises(ConfigurationError, match="daily"):
        load(file=file, environment={})
