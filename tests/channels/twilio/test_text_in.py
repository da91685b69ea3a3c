"""A text in: what the hub reads from a webhook, and what it never lets in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from channels.base import Captured, Context, Parses, Recalls, Receives, Request, Sends
from channels.sms import TwilioSms
from hub.model.contact import InboundContact, Medium, Trust
from hub.model.errors import NotAuthentic, Unreadable
from hub.model.event import DeliveryStatus, StatusUpdate
from hub.sandbox.twilio import Media, TwilioEmulator

OURS, PHONE = "+14155550100", "+14155550142"
SM = "SM" + "1" * 32
Signed = Callable[..., Request]


def text_form(**changes: str) -> list[tuple[str, str]]:
    fields = {"MessageSid": SM, "From": PHONE, "To": OURS, "Body": "Is tomorrow free?", "NumMedia": "0", **changes}
    return [(name, value) for name, value in fields.items() if value != "-"]


def contact_of(channel: TwilioSms, request: Request) -> InboundContact:
    (event,) = channel.parse(request)
    assert isinstance(event, InboundContact)
    return event


def test_the_adapter_offers_what_a_text_channel_needs(offline_sms: TwilioSms) -> None:
    assert isinstance(offline_sms, Receives)
    assert isinstance(offline_sms, Parses)
    assert isinstance(offline_sms, Sends)
    assert isinstance(offline_sms, Recalls)


def test_a_text_names_its_sender_our_number_and_its_words(offline_sms: TwilioSms, signed: Signed) -> None:
    request = signed("text", text_form(FromCity="SAN FRANCISCO", FromCountry="US"))
    offline_sms.verify(request)
    contact = contact_of(offline_sms, request)
    assert str(contact.sender.identity) == f"tel:{PHONE}"
    assert [str(each.identity) for each in contact.recipients] == [f"tel:{OURS}"]
    assert (contact.text, contact.visible_text) == ("Is tomorrow free?", "Is tomorrow free?")
    assert (contact.external_id, contact.medium, contact.trust) == (SM, Medium.SMS, Trust.SIGNED)
    assert contact.extra == {"FromCity": "SAN FRANCISCO", "FromCountry": "US"}
    assert contact.occurred_at == contact.received_at == request.received_at


@pytest.mark.parametrize(
    ("sender", "identity", "medium"),
    [
        pytest.param("+55 11 96123-4567", "tel:+5511961234567", Medium.SMS, id="number of another country"),
        pytest.param("22000", "sms:22000", Medium.SMS, id="short code"),
        pytest.param("MyBank", "sms:MyBank", Medium.SMS, id="sender name"),
        pytest.param("whatsapp:+14155550142", "whatsapp:+14155550142", Medium.WHATSAPP, id="WhatsApp"),
        pytest.param("messenger:14155550142", "sms:messenger:14155550142", Medium.SMS, id="other network's number"),
    ],
)
def test_every_kind_of_sender_is_an_identity(
    offline_sms: TwilioSms, signed: Signed, sender: str, identity: str, medium: Medium
) -> None:
    contact = contact_of(offline_sms, signed("text", text_form(From=sender)))
    assert str(contact.sender.identity) == identity
    assert contact.medium is medium


@pytest.mark.parametrize(
    ("fields", "urls", "defects"),
    [
        pytest.param({"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m0"}, 1, 0, id="as announced"),
        pytest.param({"NumMedia": "2", "MediaUrl0": "https://api.twilio.com/m0"}, 1, 1, id="fewer than announced"),
        pytest.param({"NumMedia": "x", "MediaUrl0": "https://api.twilio.com/m0"}, 1, 1, id="number is none"),
        pytest.param({"NumMedia": "-", "MediaUrl0": "https://api.twilio.com/m0"}, 1, 1, id="not announced"),
        pytest.param(
            {"NumMedia": "12"} | {f"MediaUrl{n}": f"https://api.twilio.com/m{n}" for n in range(12)}, 12, 0, id="many"
        ),
    ],
)
def test_every_file_is_kept_whatever_their_number_says(
    offline_sms: TwilioSms, signed: Signed, fields: dict[str, str], urls: int, defects: int
) -> None:
    contact = contact_of(offline_sms, signed("text", text_form(**fields)))
    assert [each.url for each in contact.attachments] == [f"https://api.twilio.com/m{n}" for n in range(urls)]
    assert len(contact.defects) == defects


@pytest.mark.parametrize("body", ["a\x00b", "a\ud800b", ""], ids=["NUL", "lone surrogate", "empty"])
def test_words_are_cleaned_for_both_databases(offline_sms: TwilioSms, signed: Signed, body: str) -> None:
    contact = contact_of(offline_sms, signed("text", text_form(Body=body)))
    contact.text.encode()
    assert "\x00" not in contact.text


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_a_signed_text_without_its_essentials_is_unreadable(
    offline_sms: TwilioSms, signed: Signed, missing: str
) -> None:
    request = signed("text", text_form(**{missing: "-"}))
    offline_sms.verify(request)
    assert offline_sms.key(request)
    with pytest.raises(Unreadable):
        offline_sms.parse(request)


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda r: replace(r, headers={}), id="no signature"),
        pytest.param(lambda r: replace(r, headers={"x-twilio-signature": "x"}), id="forged"),
        pytest.param(lambda r: replace(r, url=r.url.replace("hub.", "other.")), id="over another host"),
        pytest.param(lambda r: replace(r, form=(*r.form, ("Role", "admin"))), id="fields glued on"),
        pytest.param(lambda r: replace(r, form=(), body=b"%%%not a form"), id="malformed body"),
        pytest.param(lambda r: replace(r, form=(), body=b'{"From": "+1"}'), id="JSON instead of a form"),
    ],
)
@pytest.mark.outbound("status-callback")
def test_a_forged_request_is_refused(
    offline_sms: TwilioSms, signed: Signed, forge: Callable[[Request], Request]
) -> None:
    with pytest.raises(NotAuthentic):
        offline_sms.verify(forge(signed("text", text_form())))


def test_the_header_counts_in_any_case_and_the_refusal_shows_no_secret(offline_sms: TwilioSms, signed: Signed) -> None:
    request = signed("text", text_form())
    offline_sms.verify(replace(request, headers={k.lower(): v for k, v in request.headers.items()}))
    with pytest.raises(NotAuthentic) as refused:
        offline_sms.verify(replace(request, headers={"X-Twilio-Signature": "forged-signature"}))
    assert "token-of-the-tests" not in str(refused.value) + refused.value.next_step + repr(offline_sms._line.account)
    assert "forged-signature" not in str(refused.value)


async def test_a_text_delivered_twice_is_one(hooks: Any, twilio: TwilioEmulator, sms: TwilioSms) -> None:
    first = await twilio.receive_text(PHONE, OURS, "Hello", media=[Media("image/png", b"\x89PNG")])
    again = await twilio.redeliver(first.sid)
    assert (first.status, again.status) == (200, 200)
    assert [event.external_id for event in hooks.events] == [first.sid]


async def test_a_forged_post_over_the_socket_gets_403_and_leaves_nothing(hooks: Any, sms: TwilioSms) -> None:
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"X-Twilio-Signature": "é"}, {"X-Twilio-Signature": "AAAA"}):
            answer = await session.post(f"{hooks.url}/hooks/number/text", data=dict(text_form()), headers=headers)
            assert answer.status == 403
    assert hooks.events == []


@pytest.mark.parametrize(
    ("word", "code", "status", "hard", "permanent", "opted_out"),
    [
        pytest.param("queued", "", DeliveryStatus.ACCEPTED, False, False, False, id="queued"),
        pytest.param("sent", "", DeliveryStatus.SENT, False, False, False, id="sent"),
        pytest.param("delivered", "0", DeliveryStatus.DELIVERED, False, False, False, id="delivered"),
        pytest.param("read", "", DeliveryStatus.READ, False, False, False, id="read"),
        pytest.param("undelivered", "30005", DeliveryStatus.UNDELIVERED, True, True, False, id="unknown number"),
        pytest.param("undelivered", "30006", DeliveryStatus.UNDELIVERED, True, True, False, id="landline"),
        pytest.param("undelivered", "30007", DeliveryStatus.UNDELIVERED, False, True, False, id="filtered"),
        pytest.param("undelivered", "30017", DeliveryStatus.UNDELIVERED, False, False, False, id="congested"),
        pytest.param("failed", "21610", DeliveryStatus.UNDELIVERED, False, True, True, id="replied STOP"),
        pytest.param("failed", "99999", DeliveryStatus.UNDELIVERED, False, True, False, id="unknown code"),
    ],
)
def test_a_status_says_how_far_and_whether_the_number_is_dead(
    offline_sms: TwilioSms,
    signed: Signed,
    word: str,
    code: str,
    status: DeliveryStatus,
    hard: bool,
    permanent: bool,
    opted_out: bool,
) -> None:
    form = [("MessageSid", SM), ("MessageStatus", word), ("To", PHONE), ("ErrorCode", code)]
    request = signed("text_status", form, query="?m=7&a=2")
    offline_sms.verify(request)
    (update,) = offline_sms.parse(request)
    assert isinstance(update, StatusUpdate)
    assert (update.status, update.hard, update.permanent, update.opted_out) == (status, hard, permanent, opted_out)
    assert (update.reference, update.message, str(update.recipient)) == (SM, "7", f"tel:{PHONE}")
    assert offline_sms.key(request) == f"{SM}:{word}"


def test_an_unknown_status_is_kept_as_unknown_with_one_warning(
    offline_sms: TwilioSms, signed: Signed, caplog: pytest.LogCaptureFixture
) -> None:
    request = signed("text_status", [("MessageSid", SM), ("MessageStatus", "vaporised"), ("To", PHONE)])
    with caplog.at_level(logging.WARNING):
        updates = [*offline_sms.parse(request), *offline_sms.parse(request)]
    assert [update.status for update in updates if isinstance(update, StatusUpdate)] == [DeliveryStatus.UNKNOWN] * 2
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("opt", "language", "begins"),
    [
        pytest.param("", "", "<Response></Response>", id="nothing asked"),
        pytest.param("unsure", "", "<Response></Response>", id="unsure: staff is asked"),
        pytest.param("stop", "en", "You will get no more texts", id="stop"),
        pytest.param("stop", "cs-CZ", "Z tohoto čísla", id="stop in Czech"),
        pytest.param("start", "ru", "Вы снова", id="start in Russian"),
        pytest.param("help", "pt_BR", "Escreva-nos", id="help in Portuguese"),
        pytest.param("help", "xx", "Write to us", id="unknown language: the hub's"),
    ],
)
def test_stop_start_and_help_are_confirmed_in_the_persons_language(
    offline_sms: TwilioSms, signed: Signed, opt: str, language: str, begins: str
) -> None:
    request = signed("text", text_form(Body="STOP"))
    reply = offline_sms.reply(request, [Captured(key=SM, opt=opt, language=language)])
    assert (reply.status, reply.content_type) == (200, "text/xml")
    assert begins in reply.body.decode()
    assert reply == offline_sms.reply(request, [Captured(key=SM, opt=opt, language=language, duplicate=True)])


def test_the_business_words_come_first_and_are_escaped(offline_settings: dict[str, Any], signed: Signed) -> None:
    settings = {**offline_settings, "business_name": "Bits & Co", "answers": {"help": {"en": "{business}call <us>"}}}
    channel = TwilioSms("number", settings, Context(public_url="https://hub.example.com"))
    body = channel.reply(signed("text", text_form()), [Captured(key=SM, opt="help")]).body.decode()
    assert "<Message>Bits &amp; Co: call &lt;us&gt;</Message>" in body
    quiet = TwilioSms("number", {**settings, "answer_opt_out": False}, Context(public_url="https://hub.example.com"))
    assert "Message" not in quiet.reply(signed("text", text_form()), [Captured(key=SM, opt="help")]).body.decode()


def test_a_listed_text_has_the_key_of_its_webhook(offline_sms: TwilioSms, signed: Signed) -> None:
    assert offline_sms.key(signed("text", text_form())) == SM
    later = replace(signed("text", text_form()), received_at=signed("text", []).received_at + timedelta(hours=1))
    assert offline_sms.key(later) == SM
