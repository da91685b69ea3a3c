"""What keeps a planned promotion from going out: STOP, news from the provider, a restored backup, an open question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from hub.capture.capture import Capture
from hub.desk import stopping
from hub.model.event import DeliveryStatus
from hub.store import new_life
from hub.store.deliveries import apply_updates
from hub.store.installation import note_fact
from hub.store.tables import MessageRow
from tests.builders import incoming, mail, news, sms
from tests.hub.campaigns.conftest import Marketing, crowd
from tests.hub.outreach.conftest import KEYS

MAIL, TEXT = "outgoing_mail", "main_number"


@pytest.mark.outbound("stop-cancels")
async def test_stop_cancels_what_waits_to_be_tried_again(market: Marketing) -> None:
    await market.customer("tel:+420601123456")
    await market.launched(TEXT)
    await market.run()
    values = {"state": "retry_wait", "due_at": market.out.clock() + timedelta(minutes=5)}
    await market.out.write(lambda conn: conn.execute(update(MessageRow).values(**values)))
    contact = sms("+420601123456", "STOP", at=market.out.clock())
    await market.out.write(lambda conn: Capture(KEYS.consent)(conn, [incoming(contact)]))
    assert await market.out.states() == [("cancelled", "stop")]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param({"status": DeliveryStatus.COMPLAINED}, "suppressed_complaint", id="a complaint"),
        pytest.param({"status": DeliveryStatus.BOUNCED, "hard": True}, "suppressed_bounce", id="a dead address"),
        pytest.param({"status": DeliveryStatus.UNDELIVERED, "opted_out": True}, "stop", id="STOP to the provider"),
    ],
)
@pytest.mark.outbound("stop-cancels")
async def test_what_the_provider_tells_cancels_what_waits(
    market: Marketing, status: dict[str, Any], reason: str
) -> None:
    await crowd(market, 1)
    await market.launched()
    await market.run()
    await market.out.send()
    await market.launched()
    await market.run()
    told = news(channel=MAIL, reference=(await market.out.messages())[0]["rfc_message_id"], **status)
    await market.out.write(lambda conn: apply_updates(conn, [told]))
    assert (await market.out.states())[1] == ("cancelled", reason)


@pytest.mark.outbound("crash-restored")
async def test_promotions_wait_after_a_backup_was_restored_until_staff_lets_them_go(market: Marketing) -> None:
    await crowd(market, 1)
    await market.launched()
    await market.run()
    await market.out.write(note_fact, new_life.PROMOTIONS_HELD, "restored")
    await market.out.send()
    assert await market.out.states() == [("held", "promotions_held")]
    assert await market.act(stopping.release_promotions) == 1
    await market.out.send()
    assert len(market.out.mails()) == 1


@pytest.mark.outbound("gate-open-matter")
async def test_nobody_gets_a_promotion_while_their_question_is_unanswered(market: Marketing) -> None:
    await crowd(market, 1)
    await market.launched()
    await market.run()
    contact = mail("ada0@example.com", "Where is my parcel?", at=market.out.clock())
    await market.out.write(lambda conn: Capture(KEYS.consent)(conn, [incoming(contact)]))
    await market.out.send()
    assert await market.out.states() == [("held", "open_conversation")]
    market.out.clock.pass_(minutes=61)
    await market.out.send()
    assert await market.out.states() == [("expired", "expired")]


async def test_a_keyword_that_the_hub_answered_is_no_unanswered_question(market: Marketing) -> None:
    await market.customer("mailto:ada@example.com", "tel:+420601123456")
    contact = sms("+420601123456", "STOP", at=market.out.clock())
    await market.out.write(lambda conn: Capture(KEYS.consent)(conn, [incoming(contact)]))
    await market.launched()
    await market.run()
    await market.out.send()
    assert len(market.out.mails()) == 1


@pytest.mark.outbound("hours-validity")
async def test_a_text_that_leaves_shortly_before_nine_waits_at_its_provider_until_nine_at_most(
    market: Marketing,
) -> None:
    await market.customer("tel:+420601123456")
    now = market.out.clock().astimezone(ZoneInfo("Europe/Prague"))
    evening = (now + timedelta(days=1)).replace(hour=20, minute=40)
    market.out.clock.pass_(seconds=(evening - now).total_seconds())
    await market.launched(TEXT)
    await market.run()
    await market.out.send()
    [text] = market.out.twilio.account.messages.values()
    assert 0 < text.validity <= 20 * 60
