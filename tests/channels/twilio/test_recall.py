"""What Twilio itself has: texts the hub missed, and sends nobody knows about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import Context, Cursor, Listed, Raw
from channels.sms import TwilioSms
from channels.voice import TwilioVoice
from hub.model.contact import Direction, InboundContact
from hub.model.errors import Temporary, Unknown, Unreadable
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Fault, Hooks, Media, TwilioEmulator

OURS, PHONE = "+14155550100", "+14155550142"


async def test_what_the_hub_missed_comes_oldest_first_under_the_webhooks_keys(
    twilio: TwilioEmulator, sms: TwilioSms, hooks: Any
) -> None:
    seen = await twilio.receive_text(PHONE, OURS, "seen")
    twilio.set_hooks(OURS, Hooks())
    missed = await twilio.receive_text(PHONE, OURS, "missed", media=[Media("image/png", b"\x89PNG")])
    raws = [raw async for raw in sms.recall(None)]
    assert [raw.key for raw in raws] == [seen.sid, missed.sid]
    assert hooks.keys == {seen.sid}
    (contact,) = sms.parse(raws[1])
    assert isinstance(contact, InboundContact)
    assert (contact.text, str(contact.sender.identity), contact.external_id) == ("missed", f"tel:{PHONE}", missed.sid)
    picture = b"".join([chunk async for chunk in sms.fetch(contact.attachments[0].url)])
    assert picture == b"\x89PNG"


async def test_the_cursor_goes_on_where_it_stood_and_pages_are_followed(
    twilio: TwilioEmulator, sms: TwilioSms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.twilio_wire.messages.PAGE", 2)
    sids = [(await twilio.receive_text(PHONE, OURS, str(n))).sid for n in range(5)]
    raws = [raw async for raw in sms.recall(None)]
    assert [raw.key for raw in raws] == sids
    cursor = raws[-1].cursor
    assert isinstance(cursor, Cursor)
    assert cursor.mailbox == "number"
    assert [raw.key async for raw in sms.recall(cursor)] == sids, "the overlap comes again under the same keys"
    later = Cursor("number", {"date_sent": "2999-01-01T00:00:00+00:00"})
    assert [raw.key async for raw in sms.recall(later)] == []


async def test_a_lost_status_and_the_text_itself_are_found_in_the_list(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime, changed: Callable[..., Outgoing]
) -> None:
    receipt = await sms.send(changed(outgoing, status_url=""), soon)
    await twilio.settle()
    raw, itself = [raw async for raw in sms.recall(None)]
    assert raw.key == f"{receipt.reference}:delivered"
    (update,) = sms.parse(raw)
    assert isinstance(update, StatusUpdate)
    assert (update.status, update.reference) == (DeliveryStatus.DELIVERED, receipt.reference)
    assert (itself.key, itself.note["sent"]) == (receipt.reference, receipt.reference)
    (text,) = sms.parse(itself)
    assert isinstance(text, InboundContact)
    assert (text.direction, text.text) == (Direction.OUT, outgoing.text)
    assert [str(party.identity) for party in text.recipients] == [f"tel:{PHONE}"]


async def test_texts_of_another_number_of_the_account_are_not_ours(twilio: TwilioEmulator, sms: TwilioSms) -> None:
    await twilio.receive_text(PHONE, "+14155550199", "for another channel")
    assert [raw async for raw in sms.recall(None)] == []


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.ERROR_AFTER])
@pytest.mark.outbound("twilio-looks")
async def test_a_send_without_an_answer_is_found_by_recipient_and_body(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime, fault: Fault
) -> None:
    twilio.fail_next(fault)
    with pytest.raises(Unknown):
        await sms.send(outgoing, soon)
    evidence = await sms.find(outgoing, hashlib.sha256(outgoing.text.encode()).hexdigest())
    assert evidence is not None
    assert evidence.accepted
    assert evidence.reference in twilio.account.messages


@pytest.mark.outbound("twilio-absent")
async def test_a_send_that_never_arrived_is_proven_absent(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime, changed: Callable[..., Outgoing]
) -> None:
    await sms.send(changed(outgoing, text="another text"), soon)
    await twilio.receive_text(PHONE, OURS, outgoing.text)
    twilio.fail_next(Fault.ERROR_BEFORE)
    with pytest.raises(Unknown):
        await sms.send(outgoing, soon)
    evidence = await sms.find(outgoing, hashlib.sha256(outgoing.text.encode()).hexdigest())
    assert evidence is not None
    assert not evidence.accepted


async def test_while_the_list_cannot_be_read_nothing_is_known(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing
) -> None:
    await twilio.stop()
    assert await sms.find(outgoing, "") is None
    with pytest.raises(Temporary):
        _ = [raw async for raw in sms.recall(None)]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"message": {}}', b'{"message": {"direction": "inbound"}, "media": []}']
)
async def test_an_odd_entry_is_unreadable(offline_sms: TwilioSms, content: bytes) -> None:
    with pytest.raises(Unreadable):
        offline_sms.parse(Raw(content=content, key="SM1", received_at=datetime(2026, 3, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("public_url", "receive", "base_url", "polls"),
    [
        ("https://hub.example.com", "auto", "", False),
        ("http://127.0.0.1:8100", "auto", "", True),
        ("http://127.0.0.1:8100", "auto", "http://127.0.0.1:8101", False),
        ("https://hub.example.com", "poll", "", True),
        ("http://127.0.0.1:8100", "webhooks", "", False),
    ],
)
def test_the_list_is_the_only_way_in_where_no_webhook_can_come(
    offline_settings: dict[str, Any], public_url: str, receive: str, base_url: str, polls: bool
) -> None:
    settings = {**offline_settings, "receive": receive, **({"base_url": base_url} if base_url else {})}
    for adapter in (TwilioSms, TwilioVoice):
        channel = adapter("number", settings, Context(public_url=public_url))
        assert isinstance(channel, Listed)
        assert (channel.provider, channel.only_recalls) == ("Twilio", polls)
        unproven = adapter("number", settings, Context(public_url=public_url, proven=False))
        assert isinstance(unproven, Listed)
        assert unproven.only_recalls == (polls or (receive == "auto" and not base_url))
    sandboxed = TwilioSms("number", settings, Context(public_url=public_url, sandbox=True))
    assert not sandboxed.only_recalls
