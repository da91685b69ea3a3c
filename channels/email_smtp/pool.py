"""Keeps a few connections to one SMTP server and sends the mails that wait over them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

from channels.email_smtp.link import SmtpLink
from channels.email_smtp.mail import Envelope, Mail, unheeded
from hub.model.outbound import Receipt

IDLE_SECONDS = 30.0
TRUSTED_SECONDS = 1.0  # a connection used this recently is reused without asking


class SmtpPool:
    """At most `size` connections at once; those idle for 30 s are closed."""

    def __init__(self, open_link: Callable[[], Awaitable[SmtpLink]], size: int) -> None:
        self._open_link = open_link
        self._size = size
        self._waiting: deque[Mail] = deque()
        self._at_work: set[asyncio.Task[None]] = set()
        self._idle: list[SmtpLink] = []
        self._timers: dict[SmtpLink, asyncio.TimerHandle] = {}
        self._is_open = True

    async def send(self, envelope: Envelope, deadline: datetime, at_dot: Callable[[], None] = unheeded) -> Receipt:
        """Sends a mail as soon as a connection is free. Raises SendError and what opening a connection raises."""
        mail = Mail(envelope, deadline, asyncio.get_running_loop().create_future(), at_dot)
        self._waiting.append(mail)
        if len(self._at_work) < self._size:
            self._at_work.add(asyncio.create_task(self._work(), name="smtp"))
        try:
            return await mail.answer
        except asyncio.CancelledError:
            if mail.abort is not None:
                mail.abort(mail)  # the server may still wait for the rest of it
            raise

    def open(self) -> None:
        self._is_open = True

    def close(self) -> None:
        """Closes what is idle now, and what is at work as soon as nothing waits any more."""
        self._is_open = False
        while self._idle:
            link = self._idle.pop()
            self._timers.pop(link).cancel()
            link.close()

    def _next(self) -> Mail | None:
        while self._waiting:
            mail = self._waiting.popleft()
            if not mail.answer.done():
                return mail
        return None

    async def _work(self) -> None:
        """Sends what waits over one connection, one mail after the other, until nothing waits."""
        link: SmtpLink | None = None
        try:
            while (mail := self._next()) is not None:
                link = await self._carry(mail, link)
        finally:
            # At once, not when the task is done: whoever has been answered may hand in the next before that.
            self._at_work.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if link is not None:
                self._give_back(link)

    async def _carry(self, mail: Mail, link: SmtpLink | None) -> SmtpLink | None:
        """Sends a mail, and what waits behind it, over this connection or another; returns one that may be used on."""
        try:
            link = await self._ready(link)
            while (stale := await link.transmit(mail, self._next)) is not None:
                link.close()
                mail, link = stale, None
                link = await self._open_link()
        except asyncio.CancelledError:
            mail.answer.cancel()
            raise
        except BaseException as error:  # noqa: BLE001  # whoever waits for this mail is told, whatever it was
            mail.fail(error)
            if link is not None:
                link.close()
            return None
        return link

    async def _ready(self, link: SmtpLink | None) -> SmtpLink:
        """Returns a connection that answers, ready for MAIL. Raises what opening one raises."""
        if link is not None:
            link.is_reused = True
            if link.is_alive and (link.is_clean or await link.refresh()):
                return link
            link.close()
        return await self._take() or await self._open_link()

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
