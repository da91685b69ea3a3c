"""The kit of channels.voice: a Twilio that runs here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.model.errors import ChannelBroken, Rejected, Temporary, Unknown
from hub.model.identity import Identity
from hub.model.outbound import Outgoing
from hub.sandbox.twilio import Hooks, TwilioEmulator
from tests.channels.contract import Fault, Kit, Lend
from tests.channels.kits.twilio_account import OURS, PHONE, SID, TOKEN, junk, signed, wrong_accounts
from tests.servers.process import free_port

CALL = [("CallSid", "CA1"), ("From", PHONE), ("To", OURS), ("Direction", "inbound")]
RINGING = [*CALL, ("CallStatus", "ringing")]
ENDED = [*CALL, ("CallStatus", "completed"), ("CallDuration", "12")]
RECORDED = [*CALL, ("RecordingSid", "RE1"), ("RecordingStatus", "completed"), ("RecordingDuration", "5")]


@asynccontextmanager
async def kit(lend: Lend, folder: Path) -> AsyncIterator[Kit]:
    closed = f"http://127.0.0.1:{free_port()}"
    async with TwilioEmulator(SID, TOKEN, {OURS: Hooks()}) as twilio:
        recorded = [*RECORDED, ("RecordingUrl", f"{twilio.base_url}/2010-04-01/Accounts/{SID}/Recordings/RE1")]
        yield Kit(
            settings={
                "account_sid": SID,
                "auth_tokens": [TOKEN],
                "from_number": OURS,
                "base_url": twilio.base_url,
                "max_seconds": 60,
                "record": True,
                "greeting": "Hello.",
            },
            secrets=[TOKEN],
            wrong={
                **wrong_accounts(),
                "number": {"from_number": "call me"},
                "seconds": {"max_seconds": 0},
                "machine": {"answering_machine": "shout"},
                "twice written down": {"transcribe": True, "transcribe_with": "speech"},
            },
            out_of_reach={
                "closed port": {"base_url": closed},
                "login": {"auth_tokens": ["another-token"]},
            },
            requests=[signed("call", RINGING), signed("call_status", ENDED), signed("recording", recorded)],
            malformed=[each for hook in ("call", "call_status", "recording") for each in junk(hook, recorded)],
            unknown_words=[signed("call_status", [*CALL, ("CallStatus", "levitating")])],
            outgoing=Outgoing(id=7, attempt=1, to=Identity("tel", PHONE), text="See you at 10."),
            faults={
                "401": Fault(arrange=lambda: twilio.fail_next("401"), expected=ChannelBroken),
                "429": Fault(arrange=lambda: twilio.fail_next("429", retry_after=3), expected=Temporary),
                "500 after it was taken": Fault(arrange=lambda: twilio.fail_next("500_after"), expected=Unknown),
                "lost answer": Fault(arrange=lambda: twilio.fail_next("lost_answer"), expected=Unknown),
                "timeout": Fault(arrange=lambda: twilio.fail_next("delay", seconds=9), expected=Unknown, seconds=2),
                "refused": Fault(arrange=lambda: twilio.fail_next("refuse", code=21211), expected=Rejected),
                "closed port": Fault(settings={"base_url": closed}, expected=Temporary),
            },
        )
