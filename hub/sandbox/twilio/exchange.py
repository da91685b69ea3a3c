"""What the emulated provider does: texts and calls that come and go, webhooks, phones of people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from hub.sandbox.twilio.account import Account
from hub.sandbox.twilio.alerts import Alerts
from hub.sandbox.twilio.call_run import Played
from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.calls import Calls
from hub.sandbox.twilio.faults import Fault, Faults, Planned
from hub.sandbox.twilio.live_calls import LiveCalls
from hub.sandbox.twilio.phone_log import PhoneLog
from hub.sandbox.twilio.state import Call, Hooks, Media, Number, new_sid
from hub.sandbox.twilio.texts import Delivery, PhoneText, Texts
from hub.sandbox.twilio.webhooks import Webhooks


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ways(TypedDict, total=False):
    """How an exchange behaves.

    `status_delay`: seconds between queued, sent and delivered. `answering`: phones that pick up when called.
    `ring_seconds`: how long other phones ring, for a person to pick up. `talk_seconds`: how long somebody from a queue
    talks, so that what is asked for meanwhile (a recording) finds the call under way. `log`: where is kept what phones
    show.
    """

    status_delay: float
    answering: Sequence[str]
    ring_seconds: float
    talk_seconds: float
    log: Path | None
    clock: Callable[[], datetime]


class Exchange:
    """One account with its numbers, and the phones of people; keeps everything in memory but what phones show.

    `keys`: what phones that answer press when asked, by number ("1" unless named for one whom a call is bridged to);
    several with commas between are for one question after another. `machines`: where an answering machine picks up.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        numbers: Mapping[str, Hooks],
        **ways: Unpack[Ways],
    ) -> None:
        clock = ways.get("clock", utc_now)
        self.account = Account(account_sid, auth_token)
        self.clock = clock
        self.serve(numbers)
        self.log = PhoneLog(ways.get("log"))
        self.faults = Faults()
        self.answering = set(ways.get("answering", ()))
        self.keys: dict[str, str] = {}
        self.machines: set[str] = set()
        self.busy: set[str] = set()
        self.ringing: dict[str, asyncio.Future[Caller | None]] = {}
        self.base_url = ""
        self._ring_seconds = ways.get("ring_seconds", 0.0)
        self._tasks: set[asyncio.Task[None]] = set()
        self.alerts = Alerts(self.clock)
        self._webhooks = Webhooks(auth_token, self.alerts.note)
        self.texts = Texts(
            self.account,
            self._webhooks,
            self.faults,
            clock=clock,
            base_url=lambda: self.base_url,
            status_delay=ways.get("status_delay", 0.05),
            spawn=self._spawn,
            log=self.log,
        )
        self.calls = Calls(
            self.account,
            self._webhooks,
            clock=clock,
            base_url=lambda: self.base_url,
            answering=self.answering,
            keys=self.keys,
            log=self.log,
        )
        self.calls.talk_seconds = ways.get("talk_seconds", 0.0)
        self.live = LiveCalls(self.calls, self._spawn, self.ringing)

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._webhooks.close()

    def serve(self, numbers: Mapping[str, Hooks]) -> None:
        """Keeps the numbers to these, with these webhooks; phones and messages stay as they are."""
        kept = self.account.numbers
        self.account.numbers = {
            number: kept.get(number) or Number(sid=new_sid("PN"), number=number, hooks=hooks, made_at=self.clock())
            for number, hooks in numbers.items()
        }
        for number, hooks in numbers.items():
            self.set_hooks(number, hooks)

    def set_hooks(self, number: str, hooks: Hooks) -> None:
        """Changes where a number calls the hub (the API's IncomingPhoneNumbers does the same)."""
        self.account.numbers[number].hooks = hooks

    async def receive_text(self, from_: str, to: str, body: str, media: Sequence[Media] = ()) -> Delivery:
        """Lets a phone text one of our numbers and waits for the hub's answer."""
        return await self.texts.receive(from_, to, body, media)

    async def redeliver(self, sid: str) -> Delivery:
        """Calls the hub again for a text it may already have."""
        return await self.texts.tell(self.account.messages[sid])

    async def receive_call(
        self, from_: str, to: str, *, voicemail_seconds: int = 0, digits: Sequence[str] = (), says: str = ""
    ) -> Played:
        """Lets a phone call one of our numbers: presses `digits` at each menu, speaks after the tone, hangs up."""
        return await self.calls.receive(from_, to, Caller(list(digits), voicemail_seconds, says))

    def phone(self, number: str) -> list[PhoneText]:
        """Returns the texts a phone has got, oldest first."""
        return self.texts.phone(number)

    def fail_next(
        self, kind: Fault | str, *, times: int = 1, seconds: float = 0.0, retry_after: int | None = None, code: int = 0
    ) -> None:
        """Plans a fault for the next requests that make something, or for the next texts that are accepted."""
        self.faults.plan(Planned(kind=Fault(kind), seconds=seconds, retry_after=retry_after, code=code), times)

    async def settle(self) -> None:
        """Waits until nothing is under way any more: every status callback has been made."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def place(self, call: Call, caller: Caller, *, url: str, twiml: str) -> None:
        """Rings a phone for the API; it is played when the phone picks up."""
        self.live.rung(call, self._spawn(self._ring(call, caller, url, twiml)))

    async def _ring(self, call: Call, caller: Caller, url: str, twiml: str) -> None:
        await self.calls.notify(call, "queued")
        await self.calls.notify(call, "ringing")
        picked_up = await self._picked_up(call)
        if call.to in self.answering | self.machines or picked_up is not None:
            caller = picked_up or caller
            call.answered_by = self._told_of(call)
            await self.calls.notify(call, "in-progress")
            if call.to in self.keys and call.to not in self.machines:
                caller.digits += self.keys[call.to].split(",")
            await self.calls.play(call, caller, url=url, twiml=twiml)
        else:
            call.ended_at = self.clock()
            call.status = "busy" if call.to in self.busy else "no-answer"
            await self._webhooks.post(call.callback, [*self.calls.form(call), ("CallDuration", "0")])

    async def _picked_up(self, call: Call) -> Caller | None:
        """Lets a phone ring that nobody has said anything of; returns who picked it up, None where nobody did."""
        known = self.answering | self.machines | self.busy
        if call.to in known or not self._ring_seconds:
            return None
        ringing: asyncio.Future[Caller | None] = asyncio.get_running_loop().create_future()
        self.ringing[call.sid] = ringing
        try:
            async with asyncio.timeout(min(self._ring_seconds, call.ring_seconds)):
                return await ringing
        except TimeoutError:
            return None
        finally:
            del self.ringing[call.sid]

    def change_call(self, call: Call, *, url: str, ends: bool) -> None:
        """Ends a call, or leads one that waits in a queue to another document."""
        ringing = self.ringing.get(call.sid)
        if ends and ringing is not None and not ringing.done():
            ringing.set_result(None)
        elif (place := self.calls.queues.of(call.sid)) is not None:
            call.redirected_to = url
            place.end("redirected" if url else "hangup")

    def _told_of(self, call: Call) -> str | None:
        """Returns what is told of who answered (https://www.twilio.com/docs/voice/answering-machine-detection)."""
        if not call.detects_machines:
            return None
        ended = "machine_end_beep" if call.detects_machines == "DetectMessageEnd" else "machine_start"
        return ended if call.to in self.machines else "human"

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
