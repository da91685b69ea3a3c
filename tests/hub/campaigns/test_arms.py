"""Variants and the holdout: the same person in the same arm; intervals as published; a winner only with evidence."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, insert

from hub.model.arms import HOLDOUT, arm_of, difference, wilson, winner
from hub.outreach.campaigning.comparing import Comparison, compare
from hub.store import templates
from hub.store.tables import PurchaseRow
from tests.hub.campaigns.conftest import Marketing, crowd


@pytest.mark.outbound("arms")
def test_the_same_person_is_always_in_the_same_arm_and_shares_are_kept() -> None:
    arms = [arm_of("winter", customer, ["b"], 10) for customer in range(20_000)]
    assert arms == [arm_of("winter", customer, ["b"], 10) for customer in range(20_000)]
    many = Counter(arms)
    assert set(many) == {HOLDOUT, "a", "b"}
    assert abs(many[HOLDOUT] - 2_000) < 200
    assert abs(many["a"] - many["b"]) < 600
    # Another campaign parts people otherwise: nobody is always the one who gets nothing.
    others = sum(arm_of("spring", customer, ["b"], 10) == HOLDOUT == arms[customer] for customer in range(20_000))
    assert 120 < others < 290


def test_who_is_held_out_is_so_however_many_variants_there_are() -> None:
    for customer in range(500):
        assert (arm_of("x", customer, [], 20) == HOLDOUT) == (arm_of("x", customer, ["b", "c"], 20) == HOLDOUT)


@pytest.mark.parametrize(
    ("hits", "people", "low", "high"),
    [
        # Newcombe 1998, Stat Med 17:857-872, table I, method 3.
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="none of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_the_interval_of_a_rate_is_wilsons(hits: int, people: int, low: float, high: float) -> None:
    found = wilson(hits, people)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, Stat Med 17:873-890, table II, method 10.
        pytest.param((56, 70), (48, 80), 0.0524, 0.3339, id="56/70 - 48/80"),
        pytest.param((9, 10), (3, 10), 0.1705, 0.8090, id="9/10 - 3/10"),
        pytest.param((6, 7), (2, 7), 0.0582, 0.8062, id="6/7 - 2/7"),
        pytest.param((5, 56), (0, 29), -0.0381, 0.1926, id="5/56 - 0/29"),
        pytest.param((0, 10), (0, 10), -0.2775, 0.2775, id="none of both"),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = difference(*one, *other)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("counts", "best"),
    [
        pytest.param([("a", 30, 1000), ("b", 60, 1000)], "b", id="twice as many of a thousand"),
        pytest.param([("a", 3, 100), ("b", 6, 100)], "", id="twice as many of a hundred"),
        pytest.param([("a", 0, 0), ("b", 6, 100)], "", id="nobody to compare with"),
        pytest.param([("a", 60, 1000), ("b", 58, 1000), ("c", 20, 1000)], "", id="two that are as good"),
        pytest.param([("a", 120, 1000), ("b", 58, 1000), ("c", 20, 1000)], "a", id="better than both"),
    ],
)
@pytest.mark.outbound("winner")
def test_a_winner_needs_evidence(counts: list[tuple[str, int, int]], best: str) -> None:
    assert winner(counts) == best


@pytest.mark.outbound("results", "arms")
async def test_variants_and_the_holdout_of_a_run_are_compared_with_their_intervals(market: Marketing) -> None:
    people = await crowd(market, 12)
    await market.out.write(_second_offer, market.out.clock())
    campaign = await market.draft(variants={"b": "other_offer"}, holdout=25)
    plan = await market.plan(campaign)
    arms = Counter(arm_of("campaign_1", customer, ["b"], 25) for customer in people)
    assert plan.skipped["holdout"] == arms[HOLDOUT]
    await market.launch(campaign)
    await market.run()
    await market.out.send()
    assert len(market.out.mails()) == arms["a"] + arms["b"]
    assert sum(b"Something else" in mail for mail in market.out.mails()) == arms["b"]
    assert list((await market.skips()).values()) == ["holdout"] * arms[HOLDOUT]
    assert await market.sums() == (12, 12)
    buyer = next(one for one in people if arm_of("campaign_1", one, ["b"], 25) == "b")
    await market.out.write(_buys, buyer, market.out.clock())

    def ask(conn: Connection) -> Comparison | None:
        return compare(conn, 1, days=14)

    market.out.clock.pass_(hours=1)
    found: Comparison | None = await market.out.write(ask)
    assert found is not None
    told = {arm.name: (arm.people, arm.measures["buyers"].hits) for arm in found.arms}
    assert told == {"a": (arms["a"], 0), "b": (arms["b"], 1), HOLDOUT: (arms[HOLDOUT], 0)}
    more = found.arms[1].measures["buyers"].than_holdout
    assert more == difference(1, arms["b"], 0, arms[HOLDOUT])
    assert found.winners == {}


def _second_offer(conn: Connection, now: datetime) -> None:
    faces = {"subject": "Another", "text": "Something else: {{ campaign.code }}\n"}
    templates.save(conn, name="other_offer", language="en", purpose="promotional", faces=faces, now=now)


def _buys(conn: Connection, customer: int, now: datetime) -> None:
    row = {
        "customer_id": customer,
        "source": "till",
        "external_id": "p1",
        "state": "paid",
        "amount": Decimal(10),
        "currency": "EUR",
        "bought_at": now + timedelta(minutes=30),
        "created_at": now,
        "changed_at": now,
    }
    conn.execute(insert(PurchaseRow).values(**row))
