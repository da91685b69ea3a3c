"""aioimaplib's protocol with a reader of its own.

aioimaplib 2.0.3 reads recursively line by line (a mass expunge ends in RecursionError), formats every received chunk
for a debug log (with the token in it), drops EXISTS while a FETCH runs, cuts `"* "` out of the middle of lines, and
tells nobody who waits that the connection is lost. Its commands, tags and states are used; reading is done here.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable

from aioimaplib.aioimaplib import CONNECTED, Abort, AioImapException, IMAP4ClientProtocol

from channels.email_imap.fetched import Fetched, Literal, read_fetched

CRLF = b"\r\n"
_LARGE = 1024 * 1024
MAX_LINE = 32 * 1024 * 1024  # a SEARCH that lists some millions of UIDs; more is no answer
_LITERAL = re.compile(rb"\{(\d+)\}\Z")
_MESSAGE_DATA = re.compile(rb"\* (\d+) (EXISTS|FETCH|EXPUNGE|RECENT)\b", re.IGNORECASE)


class ImapWire(IMAP4ClientProtocol):  # type: ignore[misc]  # the library ships no types
    """One connection. `lost` ends when the connection does; `news` is set when the folder's EXISTS changes.

    `on_fetched` receives every mail a FETCH response tells of. Literals over `literal_limit` bytes are thrown away
    while they come in, so that a server which lies about a mail's size cannot fill the memory.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, literal_limit: int) -> None:
        super().__init__(loop)
        self.greeting: asyncio.Future[bytes] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self.news = asyncio.Event()
        self.farewell = ""
        self.on_fetched: Callable[[Fetched], None] = lambda fetched: None
        self._literal_limit = literal_limit
        self._buffer = bytearray()
        self._parts: list[bytes | Literal] = []
        self._awaited: int | None = None
        self._to_skip = 0
        self._large: io.BytesIO | None = None
        self._searched = 0  # of the buffer, where no line ends

    @property
    def has_unread(self) -> bool:
        return bool(self._buffer or self._parts)

    def send(self, line: str, scrub: str | None = None) -> None:
        """Sends without the library's debug log: `scrub` misses passwords that needed quoting."""
        self.transport.write(line.encode() + CRLF)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(self.farewell or str(exc or "the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self._large is not None:
            data = self._fill(self._large, data)
            if self._large is not None:
                return
        try:
            self._read(data)
        except AioImapException as error:
            self.farewell = str(error)
            self.transport.abort()

    def _fill(self, large: io.BytesIO, data: bytes) -> bytes:
        """Takes what belongs to a large literal and returns the rest; BytesIO hands its buffer out without a copy."""
        assert self._awaited is not None
        missing = self._awaited - large.tell()
        large.write(data[:missing])
        if len(data) < missing:
            return b""
        self._large = None
        self._parts.append(Literal(self._awaited, large.getvalue()))
        self._awaited = None
        return data[missing:]

    def _read(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at = 0
        while True:
            if self._awaited is not None:
                if self._to_skip:
                    dropped = min(self._to_skip, len(buffer) - at)
                    at += dropped
                    self._to_skip -= dropped
                    if self._to_skip:
                        break
                    self._parts.append(Literal(self._awaited, None))
                else:
                    end = at + self._awaited
                    if len(buffer) < end:
                        if self._awaited > _LARGE:
                            self._large = io.BytesIO()
                            self._fill(self._large, bytes(buffer[at:]))
                            at = len(buffer)
                        break
                    with memoryview(buffer) as view:
                        self._parts.append(Literal(self._awaited, bytes(view[at:end])))
                    at = end
                self._awaited = None
            end = buffer.find(CRLF, max(at, self._searched))
            if end < 0:
                if len(buffer) - at > MAX_LINE:
                    raise Abort("the server sent a line without end")
                # A SEARCH that lists 500,000 mails is one line in many pieces.
                self._searched = max(at, len(buffer) - 1)
                break
            self._searched = 0
            line = bytes(buffer[at:end])
            at = end + 2
            self._parts.append(line)
            counted = _LITERAL.search(line)
            if counted:
                self._awaited = int(counted[1])
                self._to_skip = self._awaited if self._awaited > self._literal_limit else 0
                continue
            parts, self._parts = self._parts, []
            self._take(parts)
        del buffer[:at]
        self._searched = max(0, self._searched - at)

    def _take(self, parts: list[bytes | Literal]) -> None:
        line = parts[0]
        assert isinstance(line, bytes)
        if self.state == CONNECTED and not self.greeting.done():
            self.greeting.set_result(line)
        elif line.startswith(b"* "):
            self._take_untagged(line, parts)
        elif line.startswith(b"+"):
            self._continuation(line)
        elif line:
            self._response_done(line)

    def _take_untagged(self, line: bytes, parts: list[bytes | Literal]) -> None:
        message_data = _MESSAGE_DATA.match(line)
        if message_data:
            kind = message_data[2].upper()
            if kind == b"FETCH":
                fetched = read_fetched(parts)
                if fetched is not None:
                    self.on_fetched(fetched)
            elif kind == b"EXISTS":
                self.news.set()
            return
        if line[2:5].upper() == b"BYE":
            self.farewell = line[5:].decode("utf-8", "replace").strip()
        command = self.pending_sync_command or next(iter(self.pending_async_commands.values()), None)
        if command is not None and command.name != "IDLE":
            text = b"".join(part if isinstance(part, bytes) else part.content or b"" for part in parts)
            command.append_to_resp(text[2:])
