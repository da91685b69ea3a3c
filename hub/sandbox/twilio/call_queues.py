"""Queues of callers: who waits where, and how each leaves (https://www.twilio.com/docs/voice/twiml/enqueue)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from hub.sandbox.twilio.caller import Caller
from hub.sandbox.twilio.state import Call, new_sid


@dataclass(slots=True)
class Place:
    """A caller's place in a queue; `over` is set to how they leave it, `caller` hears what is said on the way out."""

    call: Call
    caller: Caller
    queue: Queue
    since: datetime
    over: asyncio.Future[str]
    talked: int = 0

    def seconds(self, now: datetime) -> int:
        return max(0, int((now - self.since).total_seconds()))

    def leave(self) -> None:
        """Makes room: somebody talks to the caller now."""
        if self in self.queue.places:
            self.queue.places.remove(self)

    def end(self, how: str, talked: int = 0) -> None:
        """Takes the caller out of the queue, once."""
        self.leave()
        self.talked = talked
        if not self.over.done():
            self.over.set_result(how)


@dataclass(slots=True)
class Queue:
    """One queue; the longest waiting first."""

    name: str
    sid: str = field(default_factory=lambda: new_sid("QU"))
    places: list[Place] = field(default_factory=list)


class CallQueues:
    """Every queue of the account, made as it is first named."""

    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}

    def enter(self, name: str, call: Call, caller: Caller, now: datetime) -> Place:
        queue = self._queues.setdefault(name, Queue(name))
        place = Place(call, caller, queue, now, asyncio.get_running_loop().create_future())
        queue.places.append(place)
        return place

    def first(self, name: str) -> Place | None:
        """Returns who waits first in a queue."""
        queue = self._queues.get(name)
        return next(iter(queue.places), None) if queue else None

    def of(self, call: str) -> Place | None:
        """Returns where a call waits."""
        return next(
            (place for queue in self._queues.values() for place in queue.places if place.call.sid == call), None
        )
