"""Calls that somebody plays step by step: begun, answered at each menu and tone, and hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from hub.sandbox.twilio.caller import Caller, LiveCaller, Voice
from hub.sandbox.twilio.calls import Calls
from hub.sandbox.twilio.state import Call

_MOST_AT_ONCE = 50
_STEP_SECONDS = 20.0


class NoSuchCall(LookupError):
    """Nobody makes this call, or it is over."""


@dataclass(frozen=True, slots=True)
class Line:
    """One call under way: what was heard so far, and what it waits for (`keys`, `voice`, or nothing).

    `to_phone`: the hub made it.
    """

    call: Call
    caller: LiveCaller
    task: asyncio.Task[None]
    to_phone: bool = False

    @property
    def over(self) -> bool:
        return self.task.done()

    def face(self) -> dict[str, Any]:
        """Returns the call as the page shows it."""
        return {
            "sid": self.call.sid,
            "phone": self.call.to if self.to_phone else self.call.from_,
            "number": self.call.from_ if self.to_phone else self.call.to,
            "heard": [list(each) for each in self.caller.heard],
            "asks": "" if self.over else self.caller.asked,
            "most": self.caller.most,
            "over": self.over,
            "status": self.call.status,
        }


class LiveCalls:
    """The calls of the people at the page."""

    def __init__(
        self,
        calls: Calls,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        ringing: dict[str, asyncio.Future[Caller | None]],
    ) -> None:
        self._ringing = ringing
        self._rung: dict[str, tuple[Call, asyncio.Task[None]]] = {}
        self._calls = calls
        self._spawn = spawn
        self._lines: dict[str, Line] = {}

    async def begin(self, from_: str, to: str) -> Line:
        """Calls one of our numbers and listens until the call asks for something or ends."""
        caller = LiveCaller()
        call, url = self._calls.ring(from_, to)
        line = Line(call, caller, self._spawn(self._play(call, caller, url)))
        for sid in list(self._lines)[: max(0, len(self._lines) - _MOST_AT_ONCE)]:
            self._lines.pop(sid).caller.hang_up()
        self._lines[call.sid] = line
        await self._listen(line)
        return line

    def rung(self, call: Call, task: asyncio.Task[None]) -> None:
        """Keeps a call of the API, which may be picked up while it rings."""
        self._rung[call.sid] = (call, task)
        task.add_done_callback(lambda _: self._rung.pop(call.sid, None))

    def ringing(self, phone: str) -> list[Call]:
        """Returns the calls for which a phone rings now."""
        return [call for sid, (call, _) in self._rung.items() if call.to == phone and sid in self._ringing]

    async def pick_up(self, sid: str) -> Line:
        """Picks a ringing phone up and listens until the call asks for something or ends. Raises NoSuchCall."""
        ringing, rung = self._ringing.get(sid), self._rung.get(sid)
        if ringing is None or ringing.done() or rung is None:
            raise NoSuchCall(sid)
        caller = LiveCaller()
        line = Line(rung[0], caller, rung[1], to_phone=True)
        self._lines[sid] = line
        ringing.set_result(caller)
        await self._listen(line)
        return line

    def decline(self, sid: str) -> None:
        """Lets a phone ring no more. Raises NoSuchCall."""
        ringing = self._ringing.get(sid)
        if ringing is None or ringing.done():
            raise NoSuchCall(sid)
        ringing.set_result(None)

    def find(self, sid: str) -> Line:
        """Returns a call. Raises NoSuchCall."""
        if sid not in self._lines:
            raise NoSuchCall(sid)
        return self._lines[sid]

    async def act(self, sid: str, answer: str | Voice | None) -> Line:
        """Presses keys, speaks or stays silent, and listens on. Raises NoSuchCall."""
        line = self.find(sid)
        if line.caller.act(answer):
            await self._listen(line)
        return line

    async def hang_up(self, sid: str) -> Line:
        """Puts the phone down. Raises NoSuchCall."""
        line = self.find(sid)
        if line.caller.hang_up():
            await asyncio.wait({line.task}, timeout=_STEP_SECONDS)
        return line

    async def _play(self, call: Call, caller: LiveCaller, url: str) -> None:
        await self._calls.play(call, caller, url=url)

    async def _listen(self, line: Line) -> None:
        """Waits until the call asks for something or is over."""
        resting = asyncio.ensure_future(line.caller.rests.wait())
        await asyncio.wait({line.task, resting}, return_when=asyncio.FIRST_COMPLETED, timeout=_STEP_SECONDS)
        resting.cancel()
