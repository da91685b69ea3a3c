"""The desk of campaigns: what may be done in which state, versions kept, every act in the audit log."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, select

from hub.capture.capture import Capture
from hub.desk import campaigns as desk
from hub.model.errors import NotFound, Refused
from hub.outreach.campaigning import results, telling
from hub.store import campaigns
from hub.store.tables import AuditRow, PurchaseRow
from tests.builders import incoming, mail
from tests.hub.campaigns.conftest import BOTH, Marketing
from tests.hub.outreach.conftest import KEYS


async def bring_to(market: Marketing, state: str) -> int:
    await market.customer("mailto:ada@example.com")
    campaign = await market.draft()
    if state != "draft":
        await market.launch(campaign)
    if state in ("running", "done", "paused"):
        await market.run()
    if state == "done":
        await market.out.send()
        await market.run()
    if state == "paused":
        await market.pause(campaign)
    if state == "cancelled":
        await market.cancel(campaign)
    assert await market.state(campaign) == state
    return campaign


ALLOWED = {
    "draft": {"save", "clone"},
    "scheduled": {"pause", "cancel", "clone"},
    "running": {"pause", "cancel", "clone"},
    "paused": {"resume", "cancel", "clone"},
    "done": {"save", "clone"},
    "cancelled": {"save", "clone"},
}


@pytest.mark.parametrize("state", list(ALLOWED))
async def test_a_campaign_can_be_acted_on_as_its_state_allows(market: Marketing, state: str) -> None:
    campaign = await bring_to(market, state)
    row = await market.out.write(campaigns.by_id, campaign)
    definition = campaigns.definition_of(row).as_json()
    acts: dict[str, Any] = {
        "save": lambda conn, by: desk.save(
            conn, name=row["name"], title="Spring", definition=definition, by=by, campaign_id=campaign
        ),
        "pause": lambda conn, by: desk.pause(conn, campaign, by),
        "resume": lambda conn, by: desk.resume(conn, campaign, by, business_zone="UTC"),
        "cancel": lambda conn, by: desk.cancel(conn, campaign, by),
        "clone": lambda conn, by: desk.clone(conn, campaign, "copy", "", by),
    }
    worked = set()
    for name, act in acts.items():
        try:
            await market.out.database.write(_and_back, (act, market.by))
        except _Done:
            worked.add(name)
        except Refused:
            continue
    assert worked == ALLOWED[state]


class _Done(Exception):
    pass


def _and_back(conn: Connection, given: Any) -> None:
    act, by = given
    act(conn, by)
    raise _Done  # undoes it


async def test_every_version_is_kept(market: Marketing) -> None:
    campaign = await bring_to(market, "draft")
    row = await market.out.write(campaigns.by_id, campaign)
    for code in ("A", "A", "B"):
        changed = {**row["definition"], "variables": {"code": code}}
        await market.out.write(
            lambda conn, changed=changed: desk.save(
                conn, name=row["name"], title="Winter", definition=changed, by=market.by, campaign_id=campaign
            )
        )
    versions = await market.out.write(campaigns.versions, campaign)
    assert [(one["version"], one["definition"]["variables"]["code"]) for one in versions] == [
        (3, "B"), (2, "A"), (1, "WINTER10"),
    ]  # fmt: skip


async def test_every_act_is_in_the_audit_log(market: Marketing) -> None:
    campaign = await bring_to(market, "scheduled")
    await market.pause(campaign)
    await market.resume(campaign)
    await market.cancel(campaign)
    acts = await market.out.write(lambda conn: list(conn.scalars(select(AuditRow.action).order_by(AuditRow.id))))
    assert acts == [f"campaign.{act}" for act in ("added", "launched", "paused", "resumed", "cancelled")]


async def test_a_name_is_taken_once_and_kept(market: Marketing) -> None:
    campaign = await market.draft()
    row = await market.out.write(campaigns.by_id, campaign)
    for name, number in ((row["name"], None), ("other", campaign)):
        with pytest.raises(Refused) as refused:
            await market.out.write(
                lambda conn, name=name, number=number: desk.save(
                    conn, name=name, title="", definition=row["definition"], by=market.by, campaign_id=number
                )
            )
        assert refused.value.field == "name"


async def test_a_campaign_that_is_not_there_is_not_found(market: Marketing) -> None:
    with pytest.raises(NotFound):
        await market.pause(7)


@BOTH
@pytest.mark.outbound("results")
async def test_results_count_what_came_of_a_run(market: Marketing) -> None:
    out = market.out
    buyer = await market.customer("mailto:ada@example.com")
    await market.customer("mailto:leaves@example.com")
    await market.customer("mailto:quiet@example.com")
    await market.customer("mailto:never@example.com", agreed=False)
    await market.launched()
    await market.run()
    await out.send()
    out.clock.pass_(minutes=5)
    row = next(one for one in await out.messages() if one["value"] == "leaves@example.com")
    reply = mail(
        "leaves@example.com", "STOP", id="r1", at=out.clock(), in_reply_to=row["rfc_message_id"],
        references=(row["rfc_message_id"],),
    )  # fmt: skip
    await out.write(lambda conn: Capture(KEYS.consent)(conn, [incoming(reply)]))

    def buy(conn: Connection) -> None:
        for number, (days, state) in enumerate(((0, "paid"), (0, "cancelled"), (40, "paid"))):
            at = out.clock() + timedelta(days=days)
            conn.execute(
                PurchaseRow.__table__.insert(),  # type: ignore[attr-defined]  # FromClause
                {"customer_id": buyer, "source": "shop", "external_id": str(number), "bought_at": at, "state": state,
                 "amount": Decimal("19.90"), "currency": "EUR", "created_at": at, "changed_at": at},
            )  # fmt: skip

    await out.write(buy)
    found = await out.write(results.results, 1)
    assert (found.audience, found.accepted, found.replies, found.opt_outs) == (4, 3, 1, 1)
    assert (found.buyers, found.purchases, {k: str(v) for k, v in found.amounts.items()}) == (1, 1, {"EUR": "19.9000"})
    assert found.states == {"accepted": 3, "skipped": 1}
    people = await out.write(results.people, 1)
    assert [(one.state, one.reason) for one in people] == [("accepted", "")] * 3 + [("skipped", "no_consent")]
    page = await out.write(lambda conn: results.people(conn, 1, after=people[1].customer, limit=1))
    assert page == [people[2]]


@pytest.mark.outbound("run-why")
async def test_why_answers_for_everybody_and_every_run(market: Marketing) -> None:
    out = market.out
    got = await market.customer("mailto:ada@example.com")
    refused = await market.customer("mailto:no@example.com", agreed=False)
    await market.launched()
    await market.run()
    await out.send()
    later = await market.customer("mailto:later@example.com")
    now = out.clock()
    words = {}
    for customer in (got, refused, later):
        told = await out.write(telling.of_run, 1, customer, now)
        words[customer] = (told.in_audience, told.words)
        assert told.in_segment_now
    assert words == {
        got: (True, "Accepted by the provider."),
        refused: (True, "Not sent: the customer has not agreed to promotions to no@example.com."),
        later: (False, "Not planned: this customer was not in the segment when the campaign ran."),
    }
    assert [one.run for one in await out.write(telling.of_campaign, "campaign_1", got, now)] == [1]
    with pytest.raises(NotFound):
        await out.write(telling.of_run, 1, 999, now)
