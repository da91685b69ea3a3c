"""Recalling: what a provider has and its webhooks did not bring is captured, under the same keys as theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from channels.base import Cursor, Parses, Recalls
from hub.capture.intake import Intake
from hub.model.errors import ChannelBroken, SendError
from hub.model.problem import Problem, Severity
from hub.store import health, leases
from hub.store.leases import Lease

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
_LEASE = timedelta(minutes=10)
_MAILBOX = "recall"


class Provider(Recalls, Parses, Protocol):
    """A channel whose provider can list what it has."""

    name: str


@dataclass(frozen=True, slots=True)
class Recaller:
    """Asks one channel's provider what it has since the last time."""

    intake: Intake
    channel: Provider
    worker: str
    clock: Callable[[], datetime]

    async def run_once(self) -> int:
        """Captures what was missing; returns how many payloads were new. Raises what the provider raises."""
        name, database = self.channel.name, self.intake.database
        lease = await database.write(
            lambda conn, _: leases.take_lease(conn, f"recall:{name}", self.worker, self.clock(), _LEASE), None
        )
        if lease is None:
            return 0
        try:
            new = await self._capture(lease)
            await database.write(lambda conn, _: health.note_well(conn, name, self.clock()), None)
        except SendError as error:
            told = self._told(error)
            await database.write(lambda conn, problem: health.note_problem(conn, problem, self.clock()), told)
            raise
        finally:
            await database.write(lambda conn, _: leases.give_back(conn, lease, self.clock()), None)
        return new

    async def _capture(self, lease: Lease) -> int:
        name, database = self.channel.name, self.intake.database
        position = await database.read(lambda conn, _: leases.read_cursor(conn, name, _MAILBOX), None)
        last: Cursor | None = Cursor(_MAILBOX, position) if position is not None else None
        new = 0
        async for raw in self.channel.recall(last):
            captured = await self.intake.take(name, self.channel, raw, lease=lease)
            new += not captured.duplicate
            last = raw.cursor or last
        if last is not None:
            moved = last
            await database.write(
                lambda conn, _: leases.move_cursor(conn, name, _MAILBOX, moved.position, self.clock()), None
            )
        return new

    def _told(self, error: SendError) -> Problem:
        refused = isinstance(error, ChannelBroken)
        return Problem(
            code="channel_broken" if refused else "unavailable",
            severity=Severity.ERROR if refused else Severity.WARNING,
            where=self.channel.name,
            message=error.message,
            mend=error.next_step or "The hub looks again every 5 minutes.",
            provider_code=error.provider_code,
        )
