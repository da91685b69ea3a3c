"""Rush: mails come faster than is usual for answers and reminders, and a courier carries them until that is over."""

from __future__ import annotations

import asyncio

from channels.email_smtp.courier import Courier
from channels.email_smtp.pipe import Order
from hub.model.outbound import Outgoing

# So many mails within so many seconds are a run that is worth a process (0.3 s of computing, 30 MB) ...
MANY, WITHIN = 200, 5.0
# ... which ends when fewer came in this time; where one ended by itself, the next begins after as long.
REST = 30.0
# Larger mails go out from the hub's own process: they wait for the network, not for us.
LARGEST = 64 * 1024


class Rush:
    """Counts mails. `courier` returns the one that may carry a mail, None while there is no rush."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._courier: Courier | None = None
        self._count, self._since = 0, float("-inf")
        self._not_before = float("-inf")
        self._timer: asyncio.TimerHandle

    def courier(self, message: Outgoing) -> Courier | None:
        """Counts a mail; returns who may carry it, None where the hub is to send it itself."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._courier is None and now - self._since > WITHIN:
            self._count, self._since = 0, now
        self._count += 1
        if self._courier is None:
            if self._count >= MANY and now >= self._not_before:
                self._begin(loop)
            return None
        return self._courier if self._courier.is_ready and not _is_large(message) else None

    @property
    def is_on(self) -> bool:
        """Whether there is a courier that may carry a mail now."""
        return self._courier is not None and self._courier.is_ready

    async def close(self) -> None:
        """Ends the courier, if there is one; never raises."""
        if self._courier is not None:
            await self._courier.close()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._count = 0
        self._courier = Courier(self._order)
        self._courier.gone.add_done_callback(self._over)
        self._timer = loop.call_later(REST, self._look)

    def _look(self) -> None:
        """Ends the courier where few mails came of late, or looks again later."""
        if self._courier is not None and self._count < MANY and self._courier.is_idle:
            self._courier.end()
        else:
            self._count, self._timer = 0, asyncio.get_running_loop().call_later(REST, self._look)

    def _over(self, gone: asyncio.Task[bool]) -> None:
        now = asyncio.get_running_loop().time()
        self._courier, self._count, self._since = None, 0, now
        self._timer.cancel()
        if gone.cancelled() or gone.exception() is not None or not gone.result():
            self._not_before = now + REST


def _is_large(message: Outgoing) -> bool:
    files = message.attachments
    return bool(files) and sum(len(each.content or b"") for each in files) > LARGEST
