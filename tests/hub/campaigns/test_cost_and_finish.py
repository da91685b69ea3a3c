"""What a flight plan says of money and of its end: by list and by what was charged, at the channel's limits."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from hub.config import shipped
from hub.model.errors import Refused
from hub.outreach.campaigning.costing import costs_of, totals
from hub.outreach.campaigning.finishing import Group, Way, finish
from hub.outreach.campaigning.flights import _kept, read_plan
from hub.outreach.quiet_hours import Rulebook, Where
from hub.outreach.warming import WarmUp
from hub.store import list_prices
from hub.store.list_prices import PartPrice, Prices
from hub.store.tables import MessagePriceRow, MessageRow
from tests.hub.campaigns.conftest import Marketing

BOOK = Rulebook.read(shipped("config", "rulebook.toml"))
# 17:00 in Prague, on a Monday.
AFTERNOON = datetime(2026, 3, 2, 16, tzinfo=UTC)
PRAGUE = BOOK.windows(Where(frozenset({"CZ"}), "", frozenset({"Europe/Prague"})), "UTC", AFTERNOON.date())
TOKYO = BOOK.windows(Where(frozenset({"JP"}), "", frozenset({"Asia/Tokyo"})), "UTC", AFTERNOON.date())
WEEK = AFTERNOON + timedelta(days=7)


def _group(windows: Any = PRAGUE, *, ready: datetime = AFTERNOON, expires: datetime = WEEK) -> Group:
    return Group(ready, expires, windows)


@pytest.mark.parametrize(
    ("groups", "way", "ends", "too_late"),
    [
        pytest.param([(_group(), 600, 1200)], {"per_second": 2}, "2026-03-02T16:10", 0, id="parts, not messages"),
        pytest.param([(_group(), 20, 20)], {"per_second": 0.001}, "2026-03-03T08:40", 0,
                     id="what the closing hour cuts off goes on the next morning"),
        pytest.param([(_group(), 60, 60), (_group(TOKYO), 60, 60)], {"per_second": 1}, "2026-03-02T23:01", 0,
                     id="who is asleep waits for the morning there"),
        pytest.param([(_group(), 100, 100)], {"per_second": 50, "warm_up": WarmUp(date(2026, 3, 2), 50, 1.0)},
                     "2026-03-03T07:00", 0, id="a new sender sends the rest the day after"),
        pytest.param([(_group(), 80, 80)], {"per_second": 50, "warm_up": WarmUp(date(2026, 3, 2), 50, 1.0),
                     "sent_today": 50}, "2026-03-04T07:00", 0, id="and counts what it has sent today"),
        pytest.param([(_group(expires=AFTERNOON + timedelta(hours=1)), 5000, 5000)], {"per_second": 1},
                     "2026-03-02T17:00", 1400, id="what comes too late is told"),
        pytest.param([], {"per_second": 1}, "", 0, id="nobody gets anything"),
    ],
)  # fmt: skip
@pytest.mark.outbound("plan-finish")
def test_the_last_one_leaves_when_the_channel_lets_it(
    groups: list[tuple[Group, int, int]], way: dict[str, Any], ends: str, too_late: int
) -> None:
    ended = finish(groups, Way(zone="Europe/Prague", **way))
    assert (f"{ended.at:%Y-%m-%dT%H:%M}" if ended.at else "") == ends
    assert ended.too_late == too_late


def test_a_hundred_thousand_take_no_longer_to_foresee_than_a_few() -> None:
    many = [(_group(ready=AFTERNOON + timedelta(minutes=one)), 1000, 1000) for one in range(100)]
    assert finish(many, Way(per_second=30, zone="UTC")).at is not None


@pytest.mark.outbound("plan-cost")
def test_costs_are_summed_by_country_and_what_has_no_price_is_counted() -> None:
    eur, usd = PartPrice(Decimal("0.0834"), "EUR"), PartPrice(Decimal("0.0079"), "USD", "charged")
    prices = Prices({"CZ": eur}, {"US": usd, "CZ": usd})
    found = costs_of(Counter(CZ=2, US=100, BR=3), Counter(CZ=4, US=100, BR=3), prices)
    assert [(one.country, one.amount, one.currency, one.source) for one in found] == [
        ("US", "0.79", "USD", "charged"), ("CZ", "0.33", "EUR", "list"), ("BR", "", "", ""),
    ]  # fmt: skip
    assert totals(found) == {"EUR": "0.33", "USD": "0.79"}
    assert Prices({"": eur}, {}).of("BR") == eur, "everywhere else"
    assert Prices({}, {}, eur).of("") == eur, "the price of the settings"


@pytest.mark.outbound("plan-cost", "plan-finish")
async def test_a_flight_plan_tells_what_its_texts_cost_and_when_it_ends(market: Marketing) -> None:
    for number in ("tel:+420601123456", "tel:+420601123457", "tel:+491701234567"):
        await market.customer(number)
    now = market.out.clock()

    def keep(conn: Connection) -> None:
        list_prices.keep(conn, "main_number", [("CZ", Decimal("0.0834"))], "EUR", now, "Max")
        with pytest.raises(Refused, match="no country"):
            list_prices.keep(conn, "main_number", [("Czechia", Decimal(1))], "EUR", now, "Max")

    await market.out.write(keep)
    campaign = await market.draft("main_number", variables={"code": "x" * 200})
    plan = await market.plan(campaign)
    assert [(one.country, one.parts, one.amount) for one in plan.costs] == [("CZ", 4, "0.33"), ("DE", 2, "")]
    assert (plan.total_costs, plan.unpriced) == ({"EUR": "0.33"}, 1)
    assert plan.ends_at is not None
    assert plan.first_at is not None
    assert plan.ends_at >= plan.first_at
    assert plan.as_json()["total_costs"] == {"EUR": "0.33"}
    assert read_plan(_kept(plan)).costs == plan.costs, "one that was made beside the pages tells the same"

    def charged(conn: Connection) -> dict[str, PartPrice]:
        rows = [dict(row._mapping) for row in conn.execute(MessageRow.__table__.select())]
        assert rows == []
        people = conn.exec_driver_sql("SELECT id, customer_id FROM identity WHERE value = '+491701234567'").one()
        for one in range(3):
            row = {"id": 900 + one, "dedupe_key": f"k{one}", "origin": "run", "purpose": "promotional", "parts": 2,
                   "channel": "main_number", "customer_id": people[1], "identity_id": people[0], "content": {},
                   "state": "accepted", "due_at": now, "expires_at": now, "planned_at": now}  # fmt: skip
            conn.execute(insert(MessageRow).values(**row))
            conn.execute(
                insert(MessagePriceRow).values(message_id=900 + one, millionths=15_800, currency="USD", told_at=now)
            )
        return dict(list_prices.of_channel(conn, "main_number").charged)

    assert await market.out.write(charged) == {"DE": PartPrice(Decimal("0.007900"), "USD", "charged")}
    assert (await market.plan(campaign)).total_costs == {"EUR": "0.33", "USD": "0.02"}
