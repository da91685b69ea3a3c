"""A text out: accepted once, or a failure that says what to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.base import Context
from channels.sms import TwilioSms
from hub.model.contact import Attachment
from hub.model.errors import ChannelBroken, ConfigurationError, Rejected, SendError, Temporary, Unknown
from hub.model.event import DeliveryStatus
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Fault, TwilioEmulator

OURS, PHONE = "+14155550100", "+14155550142"
Changed = Callable[..., Outgoing]


@pytest.mark.outbound("twilio-accepted", "status-callback")
async def test_a_text_arrives_and_reports_back(
    hooks: Any, twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime
) -> None:
    receipt = await sms.send(outgoing, soon)
    await twilio.settle()
    assert [text.body for text in twilio.phone(PHONE)] == [outgoing.text]
    assert receipt.reference in twilio.account.messages
    assert receipt.parts == 1
    assert [event.status for event in hooks.events] == [
        DeliveryStatus.ACCEPTED,
        DeliveryStatus.SENT,
        DeliveryStatus.DELIVERED,
    ]
    assert {event.message for event in hooks.events} == {"7"}
    assert twilio.account.messages[receipt.reference].validity == 3600
    assert hooks.refused == 0


async def test_files_and_validity_go_along(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime, changed: Changed
) -> None:
    picture = Attachment(filename="a.png", content_type="image/png", url="https://hub.example.com/a.png")
    receipt = await sms.send(changed(outgoing, attachments=(picture,) * 2, valid_for=999_999, text="é" * 100), soon)
    message = twilio.account.messages[receipt.reference]
    assert message.media_urls == ("https://hub.example.com/a.png",) * 2
    assert (message.validity, receipt.parts) == (36_000, 2)


@pytest.mark.parametrize(
    ("fault", "options", "error", "expected"),
    [
        pytest.param(Fault.TOO_MANY, {"retry_after": 7}, Temporary, {"retry_after": 7.0}, id="429 with Retry-After"),
        pytest.param(Fault.TOO_MANY, {}, Temporary, {"retry_after": None}, id="429 without"),
        pytest.param(Fault.UNAUTHORIZED, {}, ChannelBroken, {"provider_code": "20003"}, id="401"),
        pytest.param(Fault.REFUSE, {"code": 21610}, Rejected, {"opted_out": True}, id="21610"),
        pytest.param(Fault.REFUSE, {"code": 21211}, Rejected, {"opted_out": False}, id="bad number"),
        pytest.param(Fault.REFUSE, {"code": 21212}, ChannelBroken, {}, id="our own number is wrong"),
        pytest.param(Fault.ERROR_BEFORE, {}, Unknown, {"phase": "answer"}, id="500"),
        pytest.param(Fault.ERROR_AFTER, {}, Unknown, {"phase": "answer"}, id="500 after accepting"),
        pytest.param(Fault.LOST_ANSWER, {}, Unknown, {"phase": "answer"}, id="connection cut after accepting"),
    ],
)
@pytest.mark.outbound("twilio-once", "twilio-429", "twilio-21610", "twilio-4xx", "twilio-login", "twilio-unknown")
async def test_a_failure_says_whether_to_try_again(
    twilio: TwilioEmulator,
    sms: TwilioSms,
    outgoing: Outgoing,
    soon: datetime,
    fault: Fault,
    options: dict[str, Any],
    error: type[SendError],
    expected: dict[str, Any],
) -> None:
    twilio.fail_next(fault, **options)
    with pytest.raises(error) as raised:
        await sms.send(outgoing, soon)
    assert type(raised.value) is error
    assert {name: getattr(raised.value, name) for name in expected} == expected
    await twilio.settle()
    taken = fault in {Fault.ERROR_AFTER, Fault.LOST_ANSWER}
    assert len(twilio.phone(PHONE)) == int(taken), "an answer is asked for once, never retried by the client"


@pytest.mark.outbound("twilio-10s", "twilio-unknown")
async def test_a_slow_answer_is_unknown_and_waits_no_longer_than_the_deadline(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing
) -> None:
    twilio.fail_next(Fault.DELAY, seconds=120)
    async with asyncio.timeout(60):
        with pytest.raises(Unknown):
            await sms.send(outgoing, datetime.now(UTC) + timedelta(seconds=2))


@pytest.mark.outbound("crash-deadline")
async def test_after_the_deadline_nothing_is_sent(twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing) -> None:
    with pytest.raises(Temporary) as raised:
        await sms.send(outgoing, datetime.now(UTC))
    assert raised.value.phase == "deadline"
    assert twilio.account.messages == {}


async def test_an_unreachable_twilio_is_temporary_because_nothing_was_written(
    offline_settings: dict[str, Any], outgoing: Outgoing, soon: datetime, unused_port: int
) -> None:
    settings = {**offline_settings, "base_url": f"http://127.0.0.1:{unused_port}"}
    channel = TwilioSms("number", settings, Context(public_url="https://hub.example.com"))
    with pytest.raises(Temporary) as raised:
        await channel.send(outgoing, soon)
    assert raised.value.phase == "connect"
    await channel.close()


@pytest.mark.outbound("twilio-login")
async def test_a_wrong_token_pauses_the_channel_and_is_a_problem(
    settings: dict[str, Any], outgoing: Outgoing, soon: datetime
) -> None:
    channel = TwilioSms("number", {**settings, "auth_tokens": "wrong"}, Context(public_url="https://hub.example.com"))
    with pytest.raises(ChannelBroken):
        await channel.send(outgoing, soon)
    assert [problem.code for problem in await channel.check()] == ["twilio_login"]
    await channel.close()


async def test_check_compares_the_numbers_webhook_with_ours(twilio: TwilioEmulator, sms: TwilioSms) -> None:
    assert await sms.check() == []
    twilio.set_hooks(OURS, type(twilio.account.numbers[OURS].hooks)())
    assert [problem.code for problem in await sms.check()] == ["twilio_sms_url"]


async def test_check_tells_of_webhooks_that_twilio_could_not_deliver(
    twilio: TwilioEmulator, sms: TwilioSms, hooks: Any
) -> None:
    assert await sms.check() == []
    for elsewhere in (f"{hooks.url}/hooks/number/gone/there", "http://127.0.0.1:1/elsewhere"):
        twilio.set_hooks(OURS, replace(twilio.account.numbers[OURS].hooks, text=elsewhere))
        await twilio.receive_text(PHONE, OURS, "Hello")
    twilio.set_hooks(OURS, replace(twilio.account.numbers[OURS].hooks, text=f"{hooks.url}/hooks/number/text"))
    [problem] = await sms.check()
    assert (problem.code, problem.provider_code) == ("twilio_webhook_failed", "11200")
    assert "1 time " in problem.message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"to": Identity("mailto", "ada@example.com")}, "mailto", id="no phone"),
        pytest.param({"to": Identity("whatsapp", PHONE)}, "whatsapp", id="WhatsApp without a WhatsApp number"),
        pytest.param({"text": ""}, "needs words", id="empty"),
        pytest.param(
            {"attachments": (Attachment(filename="a", content_type="image/png", content=b"x"),)},
            "web address",
            id="file without an address",
        ),
    ],
)
async def test_what_twilio_cannot_send_is_refused_before_any_request(
    twilio: TwilioEmulator,
    sms: TwilioSms,
    outgoing: Outgoing,
    soon: datetime,
    changed: Changed,
    changes: dict[str, Any],
    says: str,
) -> None:
    with pytest.raises(Rejected, match=says):
        await sms.send(changed(outgoing, **changes), soon)
    assert twilio.account.messages == {}


async def test_whatsapp_goes_out_from_its_own_number(
    settings: dict[str, Any], twilio: TwilioEmulator, outgoing: Outgoing, soon: datetime, changed: Changed
) -> None:
    channel = TwilioSms("number", {**settings, "whatsapp_number": OURS}, Context(public_url="https://hub.example.com"))
    receipt = await channel.send(changed(outgoing, to=Identity("whatsapp", PHONE)), soon)
    message = twilio.account.messages[receipt.reference]
    assert (message.from_, message.to) == (f"whatsapp:{OURS}", f"whatsapp:{PHONE}")
    await channel.close()


async def test_a_number_that_sent_stop_is_refused_until_it_sends_start(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime
) -> None:
    await twilio.receive_text(PHONE, OURS, " stop ")
    with pytest.raises(Rejected) as raised:
        await sms.send(outgoing, soon)
    assert raised.value.opted_out
    await twilio.receive_text(PHONE, OURS, "START")
    assert (await sms.send(outgoing, soon)).reference


async def test_no_secret_and_no_number_is_logged(
    twilio: TwilioEmulator, sms: TwilioSms, outgoing: Outgoing, soon: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await sms.send(outgoing, soon)
        twilio.fail_next(Fault.UNAUTHORIZED)
        with pytest.raises(ChannelBroken) as raised:
            await sms.send(outgoing, soon)
    written = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records) + str(raised.value)
    assert "token-of-the-tests" not in written
    assert PHONE not in written.replace(f"Sent to {PHONE}", "")


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        pytest.param({"account_sid": "AC1"}, "account_sid", id="account"),
        pytest.param({"auth_tokens": []}, "auth_tokens", id="no token"),
        pytest.param({"auth_tokens": [7]}, "auth_tokens", id="token is no text"),
        pytest.param({"from_number": "04155550100"}, "from_number", id="number without its country"),
        pytest.param({"from_number": ""}, "messaging_service_sid", id="no sender"),
        pytest.param({"messaging_service_sid": "MG1"}, "messaging_service_sid", id="service"),
        pytest.param({"base_url": "http://evil.example"}, "https", id="token in the clear"),
        pytest.param({"base_url": "https://[::1"}, "base_url", id="no address"),
        pytest.param({"answer_opt_out": "yes"}, "answer_opt_out", id="neither true nor false"),
        pytest.param({"answers": {"help": "call us"}}, "answers", id="wording without a language"),
    ],
)
def test_wrong_settings_are_named_in_one_sentence(
    offline_settings: dict[str, Any], changes: dict[str, Any], names: str
) -> None:
    with pytest.raises(ConfigurationError, match=names) as raised:
        TwilioSms("number", {**offline_settings, **changes}, Context(public_url="https://hub.example.com"))
    assert "token-of-the-tests" not in str(raised.value)
