"""Calls that somebody plays step by step: begun, answered at each menu and tone, and hung up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from hub.sandbox.twilio.caller import LiveCaller, Voice
from hub.sandbox.twilio.calls import Calls
from hub.sandbox.twilio.state import Call

_MOST_AT_ONCE = 50
_STEP_SECONDS = 20.0


class NoSuchCall(LookupError):
    """Nobody makes this call, or it is over."""


@dataclass(frozen=True, slots=True)
class Line:
    """One call under way: what was heard so far, and what it waits for (`keys`, `voice`, or nothing)."""

    call: Call
    caller: LiveCaller
    task: asyncio.Task[None]

    @property
    def over(self) -> bool:
        return self.task.done()

    def face(self) -> dict[str, Any]:
        """Returns the call as the page shows it."""
        return {
            "sid": self.call.sid,
            "phone": self.call.from_,
            "number": self.call.to,
            "heard": [list(each) for each in self.caller.heard],
            "asks": "" if self.over else self.caller.asked,
            "most": self.caller.most,
            "over": self.over,
            "status": self.call.status,
        }


class LiveCalls:
    """The calls of the people at the page."""

    def __init__(self, calls: Calls, spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]) -> None:
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
