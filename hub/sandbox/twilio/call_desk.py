"""What calls are played with: the account, the webhooks, the queues, and who picks up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from hub.sandbox.twilio.account import Account
from hub.sandbox.twilio.call_queues import CallQueues
from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.phone_log import Entry, PhoneLog
from hub.sandbox.twilio.state import VERSION, Call, Recording, new_sid
from hub.sandbox.twilio.webhooks import Webhooks


class CallDesk:
    """Makes calls and tells of them; `answering`: phones that pick up, `keys`: what each presses when asked."""

    def __init__(
        self,
        account: Account,
        webhooks: Webhooks,
        *,
        clock: Callable[[], datetime],
        base_url: Callable[[], str],
        answering: set[str],
        keys: Mapping[str, str] | None = None,
        log: PhoneLog | None = None,
    ) -> None:
        self._log = log or PhoneLog()
        self._account = account
        self.webhooks = webhooks
        self._clock = clock
        self._base_url = base_url
        self._answering = answering
        self._keys = {} if keys is None else keys
        self.queues = CallQueues()
        # Set while a talk is to last until somebody sets the event.
        self.talking: asyncio.Event | None = None
        self.talk_seconds = 0.0

    def ring(self, from_: str, to: str) -> tuple[Call, str]:
        """Makes a call to one of our numbers; returns it, and where its first document is."""
        number = self._account.numbers.get(to)
        now = self._clock()
        call = Call(sid=new_sid("CA"), from_=from_, to=to, direction="inbound", status="ringing", made_at=now)
        self._account.calls[call.sid] = call
        if number:
            call.number_sid, call.callback = number.sid, number.hooks.call_status
        return call, number.hooks.call if number else ""

    async def notify(self, call: Call, word: str) -> None:
        """Tells of a step of an outbound call, where the hub asked for this event."""
        call.status = word
        event = {"in-progress": "answered", "queued": "initiated"}.get(word, word)
        if event in call.callback_events:
            await self.webhooks.post(call.callback, self.form(call))

    def form(self, call: Call) -> list[tuple[str, str]]:
        """The fields that every voice webhook carries (https://www.twilio.com/docs/voice/twiml#request-parameters)."""
        return [
            ("CallSid", call.sid),
            ("AccountSid", self._account.sid),
            ("From", call.from_),
            ("To", call.to),
            ("Caller", call.from_),
            ("Called", call.to),
            ("CallStatus", call.status),
            ("ApiVersion", VERSION),
            ("Direction", call.direction),
            *([("AnsweredBy", call.answered_by)] if call.answered_by else []),
        ]

    def note(self, call: Call, caller: Caller) -> None:
        """Keeps what was heard for the page that shows the phones."""
        inbound = call.direction == "inbound"
        phone, number = (call.from_, call.to) if inbound else (call.to, call.from_)
        at = call.made_at.isoformat()
        self._log.add(
            Entry(
                kind="call", sid=call.sid, phone=phone, number=number, incoming=not inbound, at=at,
                heard=[list(each) for each in caller.heard], seconds=call.seconds, status=call.status,
            )
        )  # fmt: skip

    def keep(self, recording: Recording) -> str:
        """Keeps a recording; returns its address."""
        self._account.recordings[recording.sid] = recording
        return f"{self._base_url()}/{VERSION}/Accounts/{self._account.sid}/Recordings/{recording.sid}"

    def now(self) -> datetime:
        return self._clock()

    def picks_up(self, number: str) -> bool:
        return number in self._answering

    def keys_of(self, number: str) -> str:
        """Returns what somebody of staff presses who is asked to take a call."""
        return self._keys.get(number, "1")
