"""The bytes of an SMTP conversation once it is open: replies read in order, writing in step with the network."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import cast

_LONGEST_LINE = 64 * 1024
_LINE = re.compile(rb"([0-9]{3})(-| |\Z)(.*)\Z", re.DOTALL)

Reply = tuple[int, str]
# What is no reply at all (RFC 5321 4.2); no server answers with this code.
NO_CODE = -1


class Wire(asyncio.Protocol):
    """Takes a connection over from aiosmtplib, whose commands each cost a lock, a task and a round trip.

    Replies may be read long after their commands were written, several at once (PIPELINING, RFC 2920).
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._received = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_paused = False
        self._due = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self.is_open = not transport.is_closing()
        transport.set_protocol(self)

    def write(self, data: bytes) -> None:
        """Writes without waiting. Raises ConnectionError where nobody listens any more."""
        if not self.is_open or self._transport.is_closing():
            raise ConnectionResetError("the connection ended")
        self._transport.write(data)

    async def drain(self, seconds: float) -> None:
        """Waits until the network has taken most of what was written. Raises OSError, TimeoutError among them."""
        if self._is_paused and self.is_open:
            self._writer = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(seconds):
                await self._writer
        if not self.is_open:
            raise ConnectionResetError("the connection ended")

    async def reply(self, seconds: float) -> Reply:
        """Returns the next reply: its code (NO_CODE for what is none) and text. Raises OSError, TimeoutError too."""
        if not self._replies:
            if not self.is_open:
                raise ConnectionResetError("the connection ended")
            loop = asyncio.get_running_loop()
            self._reader = loop.create_future()
            self._due = loop.time() + seconds
            # One alarm for many replies: mostly it finds that another one is awaited by now, and is set anew.
            if self._alarm is None or self._alarm.when() > self._due:
                self._set_alarm(loop)
            try:
                await self._reader
            finally:
                self._reader = None
        return self._replies.popleft()

    def _set_alarm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at(self._due, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        if self._reader is None or self._reader.done():
            return
        if loop.time() < self._due:
            self._set_alarm(loop)
        else:
            self._reader.set_exception(TimeoutError("no answer in time"))

    def close(self) -> None:
        self.is_open = False
        if self._alarm is not None:
            self._alarm.cancel()
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._take(line.rstrip(b"\r"))
        if len(self._received) > _LONGEST_LINE:
            self._received = b""
            self._end(NO_CODE, "a line without an end")
        if self._replies:
            _wake(self._reader)

    def _take(self, line: bytes) -> None:
        if not self._lines and line[3:4] == b" " and line[:3].isdigit():  # nearly all of them
            self._replies.append((int(line[:3]), line[4:].decode("utf-8", "replace")))
            return
        found = _LINE.match(line)
        if found is None:
            self._end(NO_CODE, line.decode("utf-8", "replace"))
            return
        text = found[3].decode("utf-8", "replace")
        if found[2] == b"-" and len(self._lines) < 100:
            self._lines.append(text)
        else:
            self._end(int(found[1]), text)

    def _end(self, code: int, text: str) -> None:
        self._replies.append((code, "\n".join([*self._lines, text])))
        self._lines.clear()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        lost = ConnectionResetError(str(error) if error else "the connection ended")
        for waiting in (self._reader, self._writer):
            if waiting is not None and not waiting.done():
                waiting.set_exception(lost)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        _wake(self._writer)


def take_over(transport: asyncio.BaseTransport | None) -> Wire:
    """Returns the wire of an open connection; raises ConnectionError where it has ended already."""
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the connection ended")
    return Wire(cast("asyncio.Transport", transport))


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
