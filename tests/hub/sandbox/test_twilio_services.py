"""Messaging Services of the emulator, the account's numbers, and how an account is looked at for its set-up."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from channels.twilio_wire import account
from hub.model.errors import NotFound, Refused, Unavailable
from hub.model.phone_account import PhoneLogin
from hub.sandbox.twilio import Fault, Hooks, TwilioEmulator
from hub.sandbox.twilio.services import MessagingService

SID, TOKEN, POOL = "AC" + "a" * 32, "token-of-the-tests", "MG" + "b" * 32
OURS, POOLED = "+14155550100", "+14155550101"
OLD, NEW = "https://old.example.com/sms", "https://hub.example.com/hooks/main_number/text"


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioEmulator]:
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks(text=OLD), POOLED: Hooks()}) as emulator:
        emulator.account.services[POOL] = MessagingService(
            sid=POOL,
            friendly_name="Reminders",
            made_at=emulator.clock(),
            numbers=(POOLED,),
            hook="https://old.example.com/pool",
            use_inbound_hook_on_number=False,
        )
        yield emulator


def login(twilio: TwilioEmulator, token: str = TOKEN) -> PhoneLogin:
    return PhoneLogin(account_sid=SID, auth_token=token, base_url=twilio.base_url)


async def test_an_account_shows_its_numbers_what_they_call_and_what_comes_before_that(twilio: TwilioEmulator) -> None:
    found = await account.look(login(twilio))
    numbers = {each.number: each for each in found.numbers}
    assert numbers.keys() == {OURS, POOLED}
    assert numbers[OURS].hooks == {"text": OLD, "call": "", "call_status": ""}
    assert (numbers[OURS].texts, numbers[OURS].pictures, numbers[OURS].calls) == (True, True, True)
    assert (list(numbers[OURS].elsewhere), len(numbers[POOLED].elsewhere)) == ([], 1)
    (pool,) = found.pools
    assert (pool.sid, pool.name, list(pool.numbers)) == (POOL, "Reminders", [POOLED])


async def test_writing_webhooks_tells_what_was_there_and_reads_them_back(twilio: TwilioEmulator) -> None:
    pointed = await account.point(login(twilio), OURS, {"text": NEW})
    assert (pointed.before["text"], pointed.after["text"]) == (OLD, NEW)
    assert twilio.account.numbers[OURS].hooks == Hooks(text=NEW)
    back = await account.point(login(twilio), OURS, {"text": pointed.before["text"]})
    assert (back.before["text"], back.after["text"]) == (NEW, OLD)
    with pytest.raises(NotFound):
        await account.point(login(twilio), "+14155550199", {"text": NEW})


async def test_a_wrong_login_and_a_busy_twilio_are_told_apart(twilio: TwilioEmulator) -> None:
    with pytest.raises(Refused) as refused:
        await account.look(login(twilio, "another"))
    assert refused.value.field == "auth_token"
    assert "another" not in str(refused.value)
    with pytest.raises(Refused):
        await account.look(PhoneLogin(account_sid="AC1", auth_token=TOKEN, base_url=twilio.base_url))
    twilio.fail_next(Fault.READING_TOO_MANY)
    with pytest.raises(Unavailable):
        await account.look(login(twilio))
