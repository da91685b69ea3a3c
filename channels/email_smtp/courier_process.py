"""The process of a courier: letters come in on standard input, answers go out on standard output.

It ends at once when its standard input does: the hub has ended, or has no more mails for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from mmap import mmap
from typing import Any

from channels.base import Context
from channels.email_smtp.pipe import PAST_THE_DOT, PLACES, Order, Outbox, answered, frame, opened, read
from channels.email_smtp.sender import SmtpSender
from hub.model.errors import HubError, Unknown
from hub.model.outbound import Receipt


class Carrier:
    """Sends what it is handed, all at once: the sender's own connections are what it waits for."""

    def __init__(self, sender: SmtpSender, board: mmap, outbox: Outbox) -> None:
        self._sender = sender
        self._board = board
        self._outbox = outbox
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def take(self, letter: Any) -> None:
        """Begins to send a letter, or calls off the one of a place."""
        if isinstance(letter, int):
            if letter in self._tasks:
                self._tasks[letter].cancel()
            return
        place, values, deadline = letter
        task = asyncio.create_task(self._carry(place, values, deadline))
        self._tasks[place] = task
        task.add_done_callback(lambda _: self._tasks.pop(place))

    async def _carry(self, place: int, values: tuple[Any, ...], deadline: float) -> None:
        answer: Receipt | HubError
        try:
            at_dot = partial(self._board.__setitem__, place, PAST_THE_DOT)
            answer = await self._sender.carry(*opened(values, deadline), at_dot)
        except HubError as error:
            answer = error
        except asyncio.CancelledError:
            answer = Unknown("The hub was stopped while this message was on its way.", phase="stopped")
        except Exception as error:  # noqa: BLE001  # the hub tells it, as it does of what it sends itself
            answer = Unknown(f"The channel failed: {type(error).__name__}: {error}", phase="adapter")
        self._outbox.put(answered(place, answer))


async def serve() -> None:
    """Sends what comes until standard input ends."""
    loop = asyncio.get_running_loop()
    letters, answers = os.fdopen(0, "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)  # what is printed by mistake is no answer
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), letters)
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, answers)
    order: Order
    order, descriptor = await read(reader)
    sender = SmtpSender(order.name, order.settings, Context(public_url=order.public_url))
    carrier = Carrier(sender, mmap(descriptor, PLACES), Outbox(transport.write))
    transport.write(frame([]))
    while (found := await read(reader)) is not None:
        for letter in found:
            carrier.take(letter)


def main() -> None:
    """Is the process, until the hub ends it."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they go to all of a terminal or a service; the hub decides
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_until_the_end())


async def _until_the_end() -> None:
    try:
        await serve()
    finally:
        os._exit(0)  # nobody is there to be told: connections end as they are


if __name__ == "__main__":
    main()
