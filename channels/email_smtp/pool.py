"""Keeps a few connections to one SMTP server and lends them out, one mail at a time each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from channels.email_smtp.link import SmtpLink
from hub.model.errors import SendError

IDLE_SECONDS = 30.0
TRUSTED_SECONDS = 1.0  # a connection used this recently is reused without asking


class SmtpPool:
    """At most `size` connections at once; those idle for 30 s are closed."""

    def __init__(self, open_link: Callable[[], Awaitable[SmtpLink]], size: int) -> None:
        self._open_link = open_link
        self._slots = asyncio.Semaphore(size)
        self._idle: list[SmtpLink] = []
        self._timers: dict[SmtpLink, asyncio.TimerHandle] = {}
        self._is_open = True

    @asynccontextmanager
    async def lend(self, *, fresh: bool = False) -> AsyncIterator[SmtpLink]:
        """Lends a connection that answers, ready for MAIL. Raises what opening one raises."""
        async with self._slots:
            link = None if fresh else await self._take()
            link = link or await self._open_link()
            try:
                yield link
            except SendError:
                raise
            except BaseException:
                link.close()  # whatever it was, the server may still wait for the rest of a mail
                raise
            finally:
                self._give_back(link)

    def open(self) -> None:
        self._is_open = True

    def close(self) -> None:
        """Closes what is idle now, and what is lent out as soon as it comes back."""
        self._is_open = False
        while self._idle:
            link = self._idle.pop()
            self._timers.pop(link).cancel()
            link.close()

    async def _take(self) -> SmtpLink | None:
        while self._idle:
            link = self._idle.pop()
            self._timers.pop(link).cancel()
            link.is_reused = True
            recent = asyncio.get_running_loop().time() - link.idle_since < TRUSTED_SECONDS
            if link.is_alive and ((recent and link.is_clean) or await link.refresh()):
                return link
            link.close()
        return None

    def _give_back(self, link: SmtpLink) -> None:
        if not link.is_alive or not self._is_open:
            link.close()
            return
        loop = asyncio.get_running_loop()
        link.idle_since = loop.time()
        self._idle.append(link)
        self._timers[link] = loop.call_later(IDLE_SECONDS, self._drop, link)

    def _drop(self, link: SmtpLink) -> None:
        del self._timers[link]
        self._idle.remove(link)
        link.close()
