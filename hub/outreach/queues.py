"""Queues: while callers wait, phones of staff on call ring for them; who waited too long is led on.

Who is connected and agreed to it is recorded from then on.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from channels.base import Queues, Records
from hub.model.call_flow import Queue
from hub.model.errors import HubError, Refused, SendError
from hub.store import call_flows, queues, recordings, rosters
from hub.store.queues import Ring, Waiting
from hub.store.recordings import Unrecorded
from hub.store.session import Database

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
# Who did not take a call is not rung again before others were, nor at once.
_REST = timedelta(seconds=5)
_LOOKED_BACK = timedelta(minutes=30)
# The waiting caller's own next question comes first, where it comes in time.
_GRACE = timedelta(seconds=5)
_RINGS = frozenset({"asked", "rings"})


@dataclass(frozen=True, slots=True)
class Acts:
    """What is to be done: phones to ring as (waiting, rule, number), ringing ones to end, callers to lead on.

    `record`: talks to be recorded from now on.
    """

    ring: Sequence[tuple[Waiting, Queue, str]] = ()
    end: Sequence[Ring] = ()
    lead_out: Sequence[Waiting] = ()
    record: Sequence[Unrecorded] = ()


@dataclass(frozen=True, slots=True)
class QueueWork:
    """Works for one process at a time: its tick is claimed."""

    database: Database
    channels: Mapping[str, object]
    clock: Callable[[], datetime]
    home: str

    async def run_once(self) -> int:
        """Rings for who waits, ends what rings for nobody, leads on who waited too long, has talks recorded.

        Returns how many acts.
        """
        now = self.clock()
        acts = await self.database.read(lambda conn, _: look(conn, now, self.home), None)
        for talk in acts.record:
            await self._record(talk, now)
        for caller in acts.lead_out:
            await self._try(caller.channel, "lead_out", caller.call, caller.step)
        for ring in acts.end:
            await self.database.write(lambda conn, key: queues.end_ring(conn, key, now), ring.key)
            if ring.call:
                await self._try(ring.channel, "stop_ringing", ring.call)
        for caller, rule, number in acts.ring:
            await self._ring(caller, rule, number, now)
        return len(acts.ring) + len(acts.end) + len(acts.lead_out) + len(acts.record)

    async def _ring(self, caller: Waiting, rule: Queue, number: str, now: datetime) -> None:
        channel = self.channels.get(caller.channel)
        if not isinstance(channel, Queues):
            return
        key = secrets.token_urlsafe(12)
        row = {"key": key, "channel": caller.channel, "step": caller.step, "number": number, "asked_at": now}
        if not await self.database.write(queues.begin_ring, row):
            return
        try:
            call = await channel.ring_for_queue(number, caller.step, key, rule.seconds)
        except SendError as error:
            log.warning("a phone could not be rung for a caller who waits: %s", error.message)
            await self.database.write(partial(queues.not_rung, key=key, now=now), error.message)
            return
        await self.database.write(lambda conn, sid: queues.rang(conn, key, sid), call)

    async def _record(self, talk: Unrecorded, now: datetime) -> None:
        """Asks for a recording once: two of one talk would be one too many, so what is doubtful is not asked again."""
        channel = self.channels.get(talk.channel)
        if not isinstance(channel, Records):
            return
        if not await self.database.write(partial(recordings.begin, now=now), talk):
            return
        try:
            await channel.begin_recording(talk.call)
        except HubError as error:
            log.warning("a talk is not recorded: %s", error.message)
            await self.database.write(partial(recordings.not_begun, why=error.message, now=now), talk)

    async def _try(self, name: str, act: str, *given: str) -> None:
        channel = self.channels.get(name)
        if not isinstance(channel, Queues):
            return
        try:
            await getattr(channel, act)(*given)
        except HubError as error:
            log.warning("a queue of %s: %s", name, error.message)


def look(conn: Connection, now: datetime, home: str) -> Acts:
    """Returns what is to be done for the queues of all numbers; only reads."""
    everybody, rings = queues.waiting(conn, now), queues.rings(conn, now)
    record = recordings.to_begin(conn, now)
    if not everybody and not rings:
        return Acts(record=record)
    at: dict[tuple[str, str], list[Waiting]] = {}
    for caller in everybody:
        at.setdefault((caller.channel, caller.step), []).append(caller)
    busy = {ring.number for ring in rings}
    to_ring: list[tuple[Waiting, Queue, str]] = []
    lead_out: list[Waiting] = []
    for (channel, step), callers in at.items():
        rule = _rule(conn, channel, step)
        if rule is None:
            lead_out += callers
            continue
        late = now - timedelta(seconds=rule.longest) - _GRACE
        lead_out += [caller for caller in callers if caller.entered_at <= late]
        left = [caller for caller in callers if caller.entered_at > late]
        ringing = sum(ring.state in _RINGS for ring in rings if (ring.channel, ring.step) == (channel, step))
        free = _free(conn, rule, now, home, busy)
        wanted = len(free) if rule.together and left else max(0, len(left) - ringing)
        to_ring += [(left[0], rule, number) for number in free[:wanted]]
        busy |= set(free[:wanted])
    end = [ring for ring in rings if ring.state in _RINGS and (ring.channel, ring.step) not in at]
    return Acts(to_ring, end, lead_out, record)


def _rule(conn: Connection, channel: str, step: str) -> Queue | None:
    """Returns how callers wait there now; None where the flow in force has no such step any more."""
    row = call_flows.followed(conn, channel)
    try:
        found: Any = row.flow.steps.get(step) if row else None
    except Refused:
        return None
    return found if isinstance(found, Queue) else None


def _free(conn: Connection, rule: Queue, now: datetime, home: str, busy: set[str]) -> list[str]:
    """Returns the phones on call that may ring now: in the roster's order, those rung last at the end."""
    numbers = rosters.numbers_on_call(conn, {rule.roster}, now, home).get(rule.roster, [])
    last = queues.last_rung(conn, numbers, now - _LOOKED_BACK)
    long_ago = now - _LOOKED_BACK
    rested = [each for each in numbers if each not in busy and last.get(each, long_ago) <= now - _REST]
    return sorted(rested, key=lambda each: last.get(each, long_ago))
