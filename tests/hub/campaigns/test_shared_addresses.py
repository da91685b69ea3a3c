"""A phone that two customers hold, one by texts and one by WhatsApp, as a flight plan counts it."""

from __future__ import annotations

import pytest

from channels.base import Context
from channels.sms import TwilioSms
from tests.hub.campaigns.conftest import Marketing
from tests.hub.outreach.conftest import OURS, SID, TOKEN

SETTINGS = {"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "whatsapp_number": OURS}


@pytest.mark.outbound("plan-shared", "dedupe-run")
async def test_a_shared_phone_is_one_message_and_one_told_of(market: Marketing) -> None:
    market.out.channels["main_number"] = TwilioSms(
        "main_number", {**SETTINGS, "base_url": market.out.twilio.base_url}, Context(public_url="https://h.example.com")
    )
    await market.customer("tel:+420601123456")
    await market.customer("whatsapp:+420601123456")
    await market.customer("tel:+420601123457")
    plan = await market.plan(await market.draft("main_number"))
    assert (plan.audience, plan.messages, plan.shared) == (3, 2, 1)
    assert plan.skipped == {"shared_address": 1}
