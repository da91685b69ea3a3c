"""Runs: started once, planned to the last customer, every one of whom has a message or a reason; stopped at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, update

from hub.outreach.campaigning import filling
from hub.outreach.campaigning.filling import chooser_of, fill
from hub.outreach.campaigning.starting import start_due
from hub.outreach.quiet_hours import rulebook_of
from hub.store import consents, runs
from hub.store.run_pages import Page
from hub.store.tables import IdentityRow, MessageRow
from tests.hub.campaigns.conftest import BOTH, Marketing, agreement, crowd, identity_of
from tests.hub.outreach.conftest import KEYS

MAIL, TEXT = "outgoing_mail", "main_number"


@BOTH
@pytest.mark.outbound("never-twice")
async def test_everybody_of_the_audience_gets_one_message(market: Marketing) -> None:
    await crowd(market, 3)
    campaign = await market.launched()
    await market.run()
    await market.out.send()
    await market.run()
    assert len(market.out.mails()) == 3
    assert [(run["state"], run["audience"]) for run in await market.runs()] == [("done", 3)]
    assert await market.state(campaign) == "done"
    await market.run()
    await market.out.send()
    assert len(market.out.mails()) == 3


@BOTH
@pytest.mark.outbound("never-twice", "ticker")
async def test_two_processes_start_a_due_campaign_once(market: Marketing) -> None:
    await crowd(market, 3)
    await market.launched()
    other = await market.out.another_database()
    await asyncio.gather(market.runner("one").run_once(), market.runner("two", other).run_once())
    assert len(await market.runs()) == 1
    assert len(await market.out.messages()) == 3


@BOTH
@pytest.mark.outbound("state-planned", "crash-plan")
async def test_a_run_that_was_stopped_halfway_is_planned_to_its_end_by_another(
    market: Marketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PAGE", 2)
    monkeypatch.setattr(filling, "_READ_PAGES", 1)
    await crowd(market, 7)
    await market.launched()
    out = market.out
    await out.write(start_due, out.clock(), out.house.time_zone)
    run = (await market.runs())[0]
    chooser = chooser_of(run, out.house, rulebook_of(out.settings))
    pages = 0

    def power_cut() -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await fill(out.database, run, chooser, out.clock(), power_cut)
    assert await market.sums() == (4, 4)
    # Two at once: each page is one's or the other's.
    run = (await market.runs())[0]
    other = await out.another_database()
    await asyncio.gather(
        fill(out.database, run, chooser, out.clock(), lambda: None),
        fill(other, run, chooser, out.clock(), lambda: None),
    )
    await market.run()
    assert await market.sums() == (7, 7)
    assert len({row["customer_id"] for row in await out.messages()}) == 7


@pytest.mark.outbound("run-why", "gate-consent")
async def test_each_who_gets_none_has_the_reason(market: Marketing) -> None:
    out = market.out
    await market.customer("mailto:ada@example.com")
    expected = {
        await market.customer("tel:+420601123456"): "no_address",
        await market.customer("mailto:no@example.com", agreed=False): "no_consent",
        await market.customer("mailto:unproven@example.com", confirmed=False): "address_not_confirmed",
        (stopped := await market.customer("mailto:stop@example.com")): "suppressed_stop",
        (left := await market.customer("mailto:left@example.com")): "consent_withdrawn",
    }

    def happen(conn: Connection) -> None:
        consents.suppress(conn, "mailto:stop@example.com", "stop", out.clock(), purpose="promotional")
        row = agreement(identity_of(conn, "left@example.com"), out.clock(), granted=False)
        consents.record(conn, [row], KEYS.consent)

    await out.write(happen)
    await market.launched()
    await market.run()
    assert await market.skips() == expected
    assert await market.sums() == (6, 6)
    assert {stopped, left} & {row["customer_id"] for row in await out.messages()} == set()


async def test_the_address_that_may_be_written_to_is_chosen(market: Marketing) -> None:
    await market.customer("mailto:new@example.com", "mailto:old@example.com")
    out = market.out
    await out.write(consents.suppress, "mailto:old@example.com", "bounce", out.clock())
    await market.launched()
    await market.run()
    assert [row["value"] for row in await out.messages()] == ["new@example.com"]


@pytest.mark.outbound("dedupe-run")
async def test_a_phone_that_two_customers_share_rings_once(market: Marketing) -> None:
    first = await market.customer("tel:+420601123456")
    second = await market.customer("mailto:bob@example.com")
    await market.launched(TEXT)
    out = market.out
    # The number is given to somebody else between two pages of one run.
    await out.write(start_due, out.clock(), out.house.time_zone)
    run = (await market.runs())[0]
    chooser = chooser_of(run, out.house, rulebook_of(out.settings))
    [page] = await out.write(lambda conn: filling._pages(conn, ({**run, "cursor": first - 1}, chooser, out.clock())))

    def pass_on(conn: Connection) -> None:
        first_page = Page(cursor=first, at=page.at, planned=page.planned, skips=[])
        assert filling._store(conn, (run, [first_page], lambda: False)) == 1
        now = out.clock()
        conn.execute(update(IdentityRow).where(IdentityRow.value == "+420601123456").values(closed_at=now))
        row = {"customer_id": second, "scheme": "tel", "value": "+420601123456", "confirmed_at": now, "opened_at": now}
        conn.execute(IdentityRow.__table__.insert(), row)  # type: ignore[attr-defined]  # FromClause
        consents.record(conn, [agreement(identity_of(conn, "+420601123456"), now)], KEYS.consent)

    await out.write(pass_on)
    await market.run()
    assert await market.skips() == {second: "shared_address"}
    assert await market.sums() == (2, 2)


@pytest.mark.outbound("late-promotion")
async def test_a_campaign_that_could_not_start_for_an_hour_is_missed(market: Marketing) -> None:
    await crowd(market, 1)
    campaign = await market.launched()
    market.out.clock.pass_(minutes=61)
    await market.run()
    assert [run["state"] for run in await market.runs()] == ["missed"]
    assert await market.state(campaign) == "done"
    assert await market.out.messages() == []


@pytest.mark.outbound("late-downtime")
async def test_three_days_of_downtime_do_not_end_in_a_burst(market: Marketing) -> None:
    await crowd(market, 1)
    campaign = await market.launched(schedule={"kind": "recurring", "cron": "every day at 15:30", "zone": "business"})
    market.out.clock.pass_(days=3, hours=5)
    for _ in range(5):
        await market.run()
    assert [run["state"] for run in await market.runs()] == ["missed"]
    assert await market.out.messages() == []
    assert await market.state(campaign) == "scheduled"


@pytest.mark.outbound("pause")
async def test_a_pause_stops_at_once_and_a_resumption_goes_on(market: Marketing) -> None:
    await crowd(market, 4)
    campaign = await market.launched()
    await market.run()
    stopped = await market.pause(campaign)
    assert (stopped.in_flight, stopped.waiting) == (0, 4)
    await market.out.send()
    assert market.out.mails() == []
    assert await market.out.states() == [("planned", "run_paused")] * 4
    await market.resume(campaign)
    await market.run()
    await market.out.send()
    assert len(market.out.mails()) == 4
    assert await market.sums() == (4, 4)


@pytest.mark.outbound("crash-pause", "gate-run")
async def test_what_was_claimed_before_a_pause_is_held_by_its_gate(market: Marketing) -> None:
    await crowd(market, 1)
    campaign = await market.launched()
    await market.run()
    dispatcher = market.out.dispatcher()
    claimed = await market.out.write(lambda conn: dispatcher._claim(conn, (MAIL, 10)))
    assert len(claimed) == 1
    await market.pause(campaign)
    await market.out.write(lambda conn: conn.execute(update(MessageRow).values(lease_until=market.out.clock())))
    await market.out.reconcile()
    await market.out.send()
    assert market.out.mails() == []
    assert await market.out.states() == [("planned", "run_paused")]


@pytest.mark.outbound("pause")
async def test_a_pause_while_planning_leaves_the_rest_to_the_resumption(
    market: Marketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "PAGE", 2)
    await crowd(market, 6)
    campaign = await market.launched()
    out = market.out
    await out.write(start_due, out.clock(), out.house.time_zone)
    run = (await market.runs())[0]
    chooser = chooser_of(run, out.house, rulebook_of(out.settings))
    page, *_ = await out.write(lambda conn: filling._pages(conn, (run, chooser, out.clock())))
    await market.pause(campaign)
    assert await out.write(filling._store, (run, [page], lambda: False)) == 0
    assert await market.sums() == (0, 0)
    await market.resume(campaign)
    await market.run()
    assert await market.sums() == (6, 6)


@pytest.mark.outbound("pause", "state-cancelled")
async def test_a_cancelled_campaign_sends_nothing_more_and_each_message_says_why(market: Marketing) -> None:
    await crowd(market, 3)
    campaign = await market.launched()
    await market.run()
    stopped = await market.cancel(campaign)
    assert stopped.waiting == 3
    await market.out.send()
    await market.run()
    assert market.out.mails() == []
    assert await market.out.states() == [("cancelled", "run_cancelled")] * 3
    assert (await market.out.steps(1))[-1]["reason"] == "run_cancelled"
    assert [(run["state"], run["ended_at"] is not None) for run in await market.runs()] == [("cancelled", True)]


async def test_a_large_run_is_parked_and_cancelled_in_pieces(
    market: Marketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(market, 5)
    campaign = await market.launched()
    await market.run()
    monkeypatch.setattr(runs.park, "__defaults__", (2,))
    monkeypatch.setattr(runs.cancel_waiting, "__defaults__", (2,))
    await market.pause(campaign)
    assert sorted(state for state, _ in await market.out.states()) == ["planned"] * 2 + ["ready"] * 3
    await market.out.send()
    assert market.out.mails() == []
    await market.cancel(campaign)
    await market.run()
    assert {state for state, _ in await market.out.states()} == {"cancelled"}


@pytest.mark.outbound("schedule-recipient", "late-promotion")
async def test_the_local_time_of_each_recipient_is_kept(market: Marketing) -> None:
    await market.customer("mailto:prague@example.com")
    await market.customer("mailto:lisbon@example.com", time_zone="Europe/Lisbon", country="PT")
    tomorrow = (market.out.clock() + timedelta(days=2)).date()
    await market.launched(schedule={"kind": "once", "at": f"{tomorrow}T10:00", "zone": "recipient"})
    market.out.clock.pass_(days=1, hours=6)
    await market.run()
    prague, lisbon = await market.out.messages()
    assert lisbon["due_at"] - prague["due_at"] == timedelta(hours=1)
    assert prague["expires_at"] - prague["due_at"] == timedelta(minutes=60)


async def test_a_campaign_launched_at_night_waits_for_the_recipients_morning(market: Marketing) -> None:
    await crowd(market, 1)
    market.out.clock.pass_(hours=8)
    await market.launched()
    await market.run()
    local = (await market.out.messages())[0]["due_at"].astimezone(ZoneInfo("Europe/Prague"))
    assert (local.hour, local.minute) == (8, 0)
