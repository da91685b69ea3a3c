"""A Twilio that runs here: the API for the official client, signed webhooks for the hub, phones for people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.calls import Calls, Played
from hub.sandbox.twilio.control import Control
from hub.sandbox.twilio.faults import Fault, Faults, Planned
from hub.sandbox.twilio.live_calls import LiveCalls
from hub.sandbox.twilio.phone_log import PhoneLog
from hub.sandbox.twilio.rest import Rest
from hub.sandbox.twilio.state import Account, Call, Hooks, Media, Number, new_sid
from hub.sandbox.twilio.texts import Delivery, PhoneText, Texts
from hub.sandbox.twilio.webhooks import Webhooks

LOOPBACK = "127.0.0.1"
# Pictures and voicemails come in as base64.
_LARGEST = 40_000_000


def utc_now() -> datetime:
    return datetime.now(UTC)


class TwilioEmulator:
    """One account with its numbers; listens on loopback only, keeps everything in memory but what phones show (`log`).

    `async with TwilioEmulator(...) as twilio: twilio.base_url`. `answering`: phones that pick up when called;
    `keys`: what they press when asked, by number ("1" unless named for one whom a call is bridged to).
    `status_delay`: seconds between queued, sent and delivered.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        numbers: Mapping[str, Hooks],
        *,
        port: int = 0,
        status_delay: float = 0.05,
        answering: Sequence[str] = (),
        log: Path | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.account = Account(account_sid, auth_token)
        self.clock = clock
        self.serve(numbers)
        self.log = PhoneLog(log)
        self.faults = Faults()
        self.answering = set(answering)
        self.keys: dict[str, str] = {}
        self.base_url = ""
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._webhooks = Webhooks(auth_token)
        self.texts = Texts(
            self.account,
            self._webhooks,
            self.faults,
            clock=clock,
            base_url=lambda: self.base_url,
            status_delay=status_delay,
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
        self.live = LiveCalls(self.calls, self._spawn)

    async def start(self) -> None:
        """Listens; `base_url` says where."""
        app = web.Application(client_max_size=_LARGEST)
        app.add_routes([*Rest(self).routes(), *Control(self).routes()])
        self._runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self._port)
        await site.start()
        self.base_url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._webhooks.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> TwilioEmulator:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

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
        self._spawn(self._ring(call, caller, url, twiml))

    async def _ring(self, call: Call, caller: Caller, url: str, twiml: str) -> None:
        await self.calls.notify(call, "queued")
        await self.calls.notify(call, "ringing")
        if call.to in self.answering:
            await self.calls.notify(call, "in-progress")
            caller.digits += [self.keys[call.to]] if call.to in self.keys else []
            await self.calls.play(call, caller, url=url, twiml=twiml)
        else:
            call.ended_at = self.clock()
            call.status = "no-answer"
            await self._webhooks.post(call.callback, [*self.calls.form(call), ("CallDuration", "0")])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
