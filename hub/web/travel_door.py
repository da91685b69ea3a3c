"""The door to the days to come: what their page needs, which the roof puts behind it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hub.outreach.ahead import Ahead


class TravelDoor(Protocol):
    """One look ahead at a time. `reached`: how far it is; `ahead`: what came of the last; `error`: why none did."""

    days: int
    since: datetime | None
    reached: datetime | None
    error: str
    ahead: Ahead | None

    @property
    def running(self) -> bool:
        """Whether one is on its way."""
        ...

    def start(self, days: int) -> None:
        """Sets out, on a copy of the database: nothing is sent. Raises Refused while another is on its way."""
        ...

    async def stop(self) -> None:
        """Calls back what is on its way; nothing is found then."""
        ...
