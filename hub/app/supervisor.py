"""What systemd is told: that the hub is ready, stops, and is alive (sd_notify(3)). Silent where nobody supervises."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

log = logging.getLogger(__name__)

READY = "READY=1"
STOPPING = "STOPPING=1"
_ALIVE = "WATCHDOG=1"
_MICROSECONDS = 1_000_000


def tell(*said: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Sends assignments as READY=1 to whoever started us; returns whether there is somebody who heard them.

    A supervisor that is gone is no reason to stop.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # sd_notify(3): an @ stands for the zero byte of an abstract socket (unix(7)).
    name = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
            speaker.sendto("\n".join(said).encode(), socket.MSG_DONTWAIT, name)
    except OSError as error:
        log.warning("the supervisor at %s does not listen: %s", address, error.strerror)
        return False
    return True


@asynccontextmanager
async def watched(environment: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Says twice an interval that the event loop still turns, where the supervisor asked for it (WatchdogSec=)."""
    every = _interval(environment)
    beating = asyncio.create_task(_beat(every, environment), name="watchdog") if every else None
    try:
        yield
    finally:
        if beating is not None:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating


async def _beat(every: float, environment: Mapping[str, str]) -> None:
    while True:
        tell(_ALIVE, environment=environment)
        await asyncio.sleep(every / 2)


def _interval(environment: Mapping[str, str]) -> float:
    """Returns after how many seconds of silence we would be killed, 0 for never (sd_watchdog_enabled(3))."""
    for_whom = environment.get("WATCHDOG_PID", "")
    if for_whom and for_whom != str(os.getpid()):
        return 0
    asked = environment.get("WATCHDOG_USEC", "")
    return int(asked) / _MICROSECONDS if asked.isascii() and asked.isdecimal() else 0
