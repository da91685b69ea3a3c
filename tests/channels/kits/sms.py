"""The kit of channels.sms: a Twilio that runs here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.model.errors import ChannelBroken, Rejected, Temporary, Unknown
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Hooks, TwilioEmulator
from tests.channels.contract import MISSING, Fault, Kit, Lend
from tests.channels.kits.twilio_account import OURS, PHONE, SID, TOKEN, junk, signed, wrong_accounts
from tests.servers.process import free_port

TEXT = [("MessageSid", "SM1"), ("From", PHONE), ("To", OURS), ("Body", "Hello"), ("NumMedia", "0")]
STATUS = [("MessageSid", "SM2"), ("MessageStatus", "delivered"), ("To", PHONE), ("From", OURS)]


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    closed = f"http://127.0.0.1:{free_port()}"
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}) as twilio:
        yield Kit(
            settings={"account_sid": SID, "auth_tokens": [TOKEN], "from_number": OURS, "base_url": twilio.base_url},
            secrets=[TOKEN],
            wrong={
                **wrong_accounts(),
                "no sender": {"from_number": MISSING},
                "sender": {"from_number": "our friendly shop"},
            },
            out_of_reach={"closed port": {"base_url": closed}, "login": {"auth_tokens": ["another-token"]}},
            requests=[signed("text", TEXT), signed("text_status", STATUS)],
            malformed=[*junk("text", TEXT), *junk("text_status", STATUS)],
            unknown_words=[signed("text_status", [*STATUS[:1], ("MessageStatus", "teleported"), *STATUS[2:]])],
            outgoing=Outgoing(id=7, attempt=1, to=Identity("tel", PHONE), text="See you at 10."),
            faults={
                "401": Fault(arrange=lambda: twilio.fail_next("401"), expected=ChannelBroken),
                "429": Fault(arrange=lambda: twilio.fail_next("429", retry_after=3), expected=Temporary),
                "500": Fault(arrange=lambda: twilio.fail_next("500_before"), expected=Unknown),
                "500 after it was taken": Fault(arrange=lambda: twilio.fail_next("500_after"), expected=Unknown),
                "lost answer": Fault(arrange=lambda: twilio.fail_next("lost_answer"), expected=Unknown),
                "timeout": Fault(arrange=lambda: twilio.fail_next("delay", seconds=9), expected=Unknown, seconds=2),
                "refused": Fault(arrange=lambda: twilio.fail_next("refuse", code=21211), expected=Rejected),
                "closed port": Fault(settings={"base_url": closed}, expected=Temporary),
            },
        )
