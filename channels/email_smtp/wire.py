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
        self._received = bytearray()
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_paused = False
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
            self._reader = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._reader
            finally:
                self._reader = None
        return self._replies.popleft()

    def close(self) -> None:
        self.is_open = False
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\n")) >= 0:
            line = bytes(self._received[:end]).rstrip(b"\r")
            del self._received[: end + 1]
            self._take(line)
        if len(self._received) > _LONGEST_LINE:
            self._received.clear()
            self._end(NO_CODE, "a line without an end")
        if self._replies:
            _wake(self._reader)

    def _take(self, line: bytes) -> None:
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
