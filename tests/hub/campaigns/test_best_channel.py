"""A campaign by each customer's best channel: who goes by which, with consent for that one, and one message each."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from hub.desk.configuration.reminders import _content, _row
from hub.model.campaign import read_definition
from hub.model.errors import Refused
from hub.model.habits import Habits
from hub.outreach import why
from hub.outreach.campaigning.flights import _kept, read_plan
from hub.store import consents, habits
from hub.store.reminders import check_rule
from hub.web.pages.campaign_draft import draft_of
from hub.web.pages.reminder_draft import draft_of as reminder_draft
from hub.web.pages.reminder_draft import rule_of
from tests.hub.campaigns.conftest import BOTH, Marketing, agreement, identity_of
from tests.hub.outreach.conftest import KEYS

TEXT = "main_number"
_TEXTS = Habits(many=20, medium="sms", of_medium=14, part_of_day="noon", in_part=13, hour=12, of_hour=13)


@BOTH
@pytest.mark.outbound("gate-consent", "dedupe-run", "run-why", "state-planned")
async def test_each_gets_it_the_way_they_write_to_us_where_they_agreed_to_it(market: Marketing) -> None:
    out = market.out
    both = [("mailto:ada@example.com", "tel:+420777123401"), ("mailto:bob@example.com", "tel:+420777123402"),
            ("mailto:cyril@example.com", "tel:+420777123403")]  # fmt: skip
    ada, bob, cyril = [await market.customer(*addresses) for addresses in both]
    dora = await market.customer("tel:+420777123404")
    eve = await market.customer("tel:+420777123405")

    def happen(conn: Connection) -> None:
        writers = [ada, bob, dora]
        habits.keep(conn, (writers, dict.fromkeys(writers, _TEXTS), out.clock()))
        no_texts = agreement(identity_of(conn, "+420777123402"), out.clock(), granted=False)
        consents.record(conn, [no_texts], KEYS.consent)

    await out.write(happen)
    campaign = await market.draft(best_of=[TEXT])
    flight = await market.plan(campaign)
    assert dict(flight.channels) == {TEXT: 2, "outgoing_mail": 2}
    assert (flight.audience, flight.messages, dict(flight.skipped)) == (5, 4, {"no_address": 1})
    assert sum(cost.messages for cost in flight.costs) == 2, "only texts cost something"
    assert read_plan(_kept(flight)).channels == flight.channels
    await market.launch(campaign, flight.hash)
    await market.run()
    rows = await out.messages()
    assert {row["customer_id"]: (row["channel"], row["scheme"]) for row in rows} == {
        ada: (TEXT, "tel"), bob: ("outgoing_mail", "mailto"), cyril: ("outgoing_mail", "mailto"), dora: (TEXT, "tel"),
    }  # fmt: skip
    assert all(bool(row["rfc_message_id"]) == (row["scheme"] == "mailto") for row in rows)
    assert await market.skips() == {eve: "no_address"}
    assert await market.sums() == (5, 5)
    told: Any = await out.write(why.story, next(row["id"] for row in rows if row["customer_id"] == ada))
    assert told.when == "The customer writes mostly by text (14 of 20 messages)."
    await out.send()
    assert len(out.mails()) == 2
    assert {row["state"] for row in await out.messages()} == {"accepted"}


def test_the_pages_give_back_the_channels_that_they_were_shown() -> None:
    told = {"segment": "a", "template": "b", "channel": "mail", "schedule": {"kind": "once", "at": "now"}}
    campaign = read_definition({**told, "best_of": ["mail", TEXT]})
    assert campaign.best_of == (TEXT,), "the own one is no other"
    assert read_definition(draft_of("x", "X", campaign).definition()) == campaign
    rule: dict[str, Any] = {"about": "birthday", "minutes_before": 0, "lead_minutes": 0, "at_minute": 540,
                            "channel": "mail", "template": "b", "name": "x", "best_of": [TEXT]}  # fmt: skip
    assert rule_of(reminder_draft(rule))["best_of"] == [TEXT]
    content = _content({"name": "x", "about": "birthday", "before": "0 d", "at": "09:00", "channel": "mail",
                        "template": "b", "best_of": [TEXT, "mail"]})  # fmt: skip
    assert content["best_of"] == _row("x", content)["best_of"] == [TEXT]
    with pytest.raises(Refused, match="no best channel"):
        check_rule({**rule, "about": "callback"})
