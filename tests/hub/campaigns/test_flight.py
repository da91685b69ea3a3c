"""Flight plans: everybody counted, rendered and asked the gates; the launch is bound to what was looked at."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from hub.capture.capture import Capture
from hub.desk import campaigns as desk
from hub.model.errors import Refused
from hub.model.identity import Identity
from hub.outreach.campaigning.testing import test_send
from hub.outreach.quiet_hours import rulebook_of
from hub.store import segments, templates
from tests.builders import incoming, mail
from tests.hub.campaigns.conftest import FACES, Marketing
from tests.hub.outreach.conftest import KEYS

PROMOTIONAL = "promotional"


async def new_template(market: Marketing, **faces: str) -> None:
    now = market.out.clock()

    def save(conn: Connection) -> None:
        templates.save(conn, name="offer", language="en", purpose=PROMOTIONAL, faces={**FACES, **faces}, now=now)

    await market.out.write(save)


@pytest.mark.outbound("plan-audience", "plan-hours")
async def test_everybody_is_counted_once_and_the_whole_adds_up(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com")
    await market.customer("mailto:asks@example.com", language="cs")
    await market.customer("mailto:new-york@example.com", time_zone="America/New_York", country="US")
    await market.customer("tel:+420601123456")
    await market.customer("mailto:no@example.com", agreed=False)
    contact = mail("asks@example.com", "Where is my parcel?", at=market.out.clock())
    await market.out.write(lambda conn: Capture(KEYS.consent)(conn, [incoming(contact)]))
    plan = await market.plan(await market.draft())
    assert (plan.audience, plan.messages) == (5, 3)
    assert plan.skipped == {"no_address": 1, "no_consent": 1}
    assert plan.gated == {"open_conversation": 1}
    assert plan.languages == {"en": 3}
    assert sum(plan.hours.values()) == 3
    assert len(plan.hours) == 2
    assert plan.error_count == 0
    assert plan.ready
    [warning] = plan.as_json()["warnings"]
    assert "must name your postal address" in warning
    assert plan.samples[0].subject == "Obchodní sdělení: Ada, an offer"
    assert "/u/preview" in plan.samples[0].text
    assert plan.as_json()["skipped"] == {"no_address": 1, "no_consent": 1}
    assert await market.out.messages() == []


@pytest.mark.outbound("plan-audience")
async def test_fields_that_are_empty_and_messages_that_cannot_be_written_are_told(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com", facts={"size": "M"})
    await market.customer("mailto:bob@example.com", display_name="")
    await new_template(market, text="{{ customer.first_name }}, size {{ customer.facts.size }}", html="")
    plan = await market.plan(await market.draft())
    assert plan.error_count == 1
    assert plan.errors[0].words.startswith("text: 'size' is not known;")
    assert plan.as_json()["warnings"] == ["Messages that cannot be written: 1."]
    await new_template(market, text="{{ customer.first_name }}!", html="")
    plan = await market.plan(await market.draft())
    assert plan.empty == {"customer.first_name": 1}


@pytest.mark.outbound("plan-parts")
async def test_the_parts_of_texts_are_counted(market: Marketing) -> None:
    await market.customer("tel:+420601123456")
    await market.customer("tel:+420601123457")
    plan = await market.plan(await market.draft("main_number", variables={"code": "x" * 200}))
    assert plan.parts == {2: 2}
    assert plan.total_parts == 4


async def test_a_plan_for_nobody_cannot_be_launched(market: Marketing) -> None:
    campaign = await market.draft()
    plan = await market.plan(campaign)
    assert (plan.ready, plan.hash) == (False, "")
    assert plan.as_json()["warnings"] == ["Nobody is in this segment."]
    with pytest.raises(Refused) as refused:
        await market.launch(campaign, "")
    assert refused.value.field == "plan_hash"


@pytest.mark.parametrize("changed", ["definition", "template", "segment", "people", "nothing"])
@pytest.mark.outbound("plan-hash")
async def test_a_launch_is_bound_to_what_was_looked_at(market: Marketing, changed: str) -> None:
    await market.customer("mailto:ada@example.com")
    campaign = await market.draft()
    looked_at = (await market.plan(campaign)).hash
    now, by = market.out.clock(), market.by
    match changed:
        case "definition":
            row = await market.out.write(lambda conn: desk.campaigns.by_id(conn, campaign))
            definition = {**row["definition"], "variables": {"code": "SPRING"}}
            await market.out.write(
                lambda conn: desk.save(
                    conn, name=row["name"], title="Winter", definition=definition, by=by, campaign_id=campaign
                )
            )
        case "template":
            await new_template(market, sms="Something else")
        case "segment":
            other = {"all": [{"about": "country", "is": "one_of", "value": ["CZ"]}]}
            await market.out.write(lambda conn: segments.save(conn, "everybody", "Everybody", other, "Max", now))
        case "people":
            for number in range(30):
                await market.out.customer(f"mailto:bob{number}@example.com")
        case _:
            assert (await market.launch(campaign, looked_at))["state"] == "scheduled"
            return
    with pytest.raises(Refused) as refused:
        await market.launch(campaign, looked_at)
    assert refused.value.field == "plan_hash"
    assert (await market.launch(campaign))["state"] == "scheduled"


@pytest.mark.outbound("state-planned")
async def test_what_goes_out_is_what_was_looked_at_although_the_template_changed_since(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com", country="SK")
    await market.launched()
    await new_template(market, subject="Something nobody looked at")
    await market.run()
    await market.out.send()
    assert b"Subject: Ada, an offer" in market.out.mails()[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"segment": "nobody_knows"}, "segment"),
        ({"template": "nothing"}, "template"),
        ({"template": "appointment_reminder"}, "template"),
        ({"schedule": {"kind": "once", "at": "2020-01-01T09:00"}}, "schedule.at"),
    ],
)
async def test_a_campaign_that_names_what_is_not_there_has_no_plan(
    market: Marketing, changes: dict[str, Any], field: str
) -> None:
    campaign = await market.draft(**changes)
    with pytest.raises(Refused) as refused:
        await market.plan(campaign)
    assert refused.value.field == field


@pytest.mark.outbound("plan-test")
async def test_a_test_goes_to_staff_only_and_counts_nowhere(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com", country="SK")
    campaign = await market.draft()
    book = rulebook_of(market.out.settings)

    def send(to: str) -> Any:
        return lambda conn: test_send(conn, campaign, None, Identity("mailto", to), market.out.house, market.by, book)

    await market.out.write(send("max@example.com"))
    await market.out.send()
    (sent,) = market.out.mails()
    assert b"Subject: [Test] Ada, an offer" in sent
    assert b"List-Unsubscribe" not in sent
    assert (await market.out.messages())[0]["run_id"] is None
    with pytest.raises(Refused, match="customer's address"):
        await market.out.write(send("ada@example.com"))
