"""Rates: a run of which too much comes back, or is complained of, is paused with its reason, and so again."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, select, update

from hub.config import Rates
from hub.insight.finders import QUESTIONS, House
from hub.outreach.campaigning.rates import Counted, Guard
from hub.store.tables import DomainEventRow, MessageRow
from tests.hub.campaigns.conftest import Marketing, crowd

RATES = Rates(bounce_percent=5, complaint_percent=0.3, fewest=100)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        pytest.param(Counted(99, 50, 50), "", id="too few to say"),
        pytest.param(Counted(1000, 50, 3), "", id="just as much as may be"),
        pytest.param(Counted(1000, 51, 0), "bounces 51 1000 5.1 5", id="bounces"),
        pytest.param(Counted(1000, 51, 4), "complaints 4 1000 0.4 0.3", id="complaints come first"),
    ],
)
def test_rates_are_told_with_their_figures(counted: Counted, expected: str) -> None:
    assert counted.too_many(RATES) == expected
    assert counted.too_many(Rates(bounce_percent=0, complaint_percent=0)) == "", "0: never"


async def test_a_run_that_comes_back_is_paused_and_told_of_and_again_by_what_was_sent_since(market: Marketing) -> None:
    await crowd(market, 4)
    campaign = await market.launched()
    await market.run()
    out = market.out
    await out.send()
    guard = Guard(out.database, Rates(bounce_percent=20, fewest=4), out.clock)
    assert await guard.run_once() == 0

    def bounce(conn: Connection) -> None:
        first = select(MessageRow.id).order_by(MessageRow.id).limit(1).scalar_subquery()
        conn.execute(update(MessageRow).where(MessageRow.id == first).values(delivery="bounced"))

    await out.write(bounce)
    assert await guard.run_once() == 1
    [run] = await market.runs(campaign)
    assert (run["state"], run["paused_by"], run["paused_why"]) == ("paused", "hub", "bounces 1 4 25 20")
    assert await market.state(campaign) == "paused"

    def told(conn: Connection) -> tuple[list[str], list[str]]:
        house = House(now=out.clock(), channels=frozenset(), live=frozenset())
        kinds = list(conn.scalars(select(DomainEventRow.kind).where(DomainEventRow.kind == "run.paused")))
        return [found.message for found in QUESTIONS["rates"](conn, house)], kinds

    problems, events = await out.write(told)
    assert problems == ["The campaign Winter was paused: of 4 messages 1 came back (25%)."]
    assert events == ["run.paused"]
    await market.resume(campaign)
    assert await guard.run_once() == 0, "staff has looked and let it go on"
    # What goes out since counts by itself: too few to say, then enough that are bad again.
    out.clock.pass_(minutes=1)
    await out.write(_sent_again, out.clock(), 3)
    assert await guard.run_once() == 0
    await out.write(_sent_again, out.clock(), 4)
    assert await guard.run_once() == 1
    [run] = await market.runs(campaign)
    assert (run["state"], run["paused_why"]) == ("paused", "bounces 2 4 50 20")
    await market.resume(campaign)
    assert (await out.write(told))[0] == []


def _sent_again(conn: Connection, now: datetime, many: int) -> None:
    """Has the first of so many of a run's messages, sent now, come back."""
    sent = select(MessageRow.id).order_by(MessageRow.id.desc()).limit(many)
    conn.execute(update(MessageRow).where(MessageRow.id.in_(sent)).values(sent_at=now))
    first = select(MessageRow.id).order_by(MessageRow.id.desc()).limit(1).scalar_subquery()
    conn.execute(update(MessageRow).where(MessageRow.id == first).values(delivery="bounced"))
