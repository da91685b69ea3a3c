"""Reaper: kills the processes of a shop at points drawn from a seed, and looks into the ledger each time."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import children
from tests.faults.ledger import Held
from tests.faults.mortal import MortalHub
from tests.faults.shop import CHANNELS, PEOPLE, SHARE, Shop
from tests.servers.process import wait_until

KILLS = 200 // SHARE
# Of ten lives one ends while it begins; most others are short, a few long enough for a courier to carry the mails.
_DIE_YOUNG = 0.1
_LIVES, _WEIGHTS = (0.25, 0.8, 3.2, 10.0), (60, 30, 7, 3)
_MEAN = sum(life * weight for life, weight in zip(_LIVES, _WEIGHTS, strict=True)) / sum(_WEIGHTS)
_LONGEST_SECONDS = 20.0
_TOGETHER = 0.05
_COURIER_DIES = 0.5
_LOOK_SECONDS = 0.005
_TELL_EVERY = 10
_TO_COME = ("planned", "ready", "held", "claimed", "retry_wait")


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that was killed: whether it had begun to serve, whether a run was being planned, what it had."""

    at_start: bool
    planning: bool
    held: Sequence[Held]


class Reaper:
    """`kills` of hubs, `courier_kills` of the processes that carry their mails."""

    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self.kills: list[Kill] = []
        self.courier_kills = 0
        self.couriers_seen = 0
        self.orphans_lived = 0.0
        self._shop = shop
        self._chance = chance
        self._in_hand = 0.0
        self._began = time.monotonic()

    async def reap(self) -> None:
        """Kills as often as is asked for, each process started anew at once."""
        told = 0
        while len(self.kills) < KILLS:
            victims = [self._chance.choice(self._shop.dying)]
            if len(self._shop.dying) > 1 and self._chance.random() < _TOGETHER:
                victims = list(self._shop.dying)
            if self._chance.random() < _DIE_YOUNG:
                await victims[0].begin_only()
            else:
                await victims[0].ready()
                await self._live(await self._quota())
            for victim in victims:
                await self._kill(victim)
            for victim in victims:
                await victim.start()
            if len(self.kills) // _TELL_EVERY > told:
                told = len(self.kills) // _TELL_EVERY
                seconds = time.monotonic() - self._began
                print(f"  {len(self.kills)} kills, {self._seen()} messages taken, {seconds:.0f} s", flush=True)
        for hub in self._shop.dying:
            await hub.ready()

    async def end(self) -> None:
        """Ends what runs."""
        for hub in (*self._shop.dying, self._shop.face):
            await hub.kill()

    def _seen(self) -> int:
        return self._shop.smtp.taken + self._shop.twilio.taken

    async def _quota(self) -> float:
        """Returns how many messages the servers take before the next kill, so that all kills fall into the run."""
        states = await self._shop.ledger.states()
        planned = sum(states.values())
        waiting = sum(many for (_, state), many in states.items() if state in _TO_COME)
        to_come = len(CHANNELS) * PEOPLE - planned + waiting
        if not to_come:
            return 0.0  # they were sent sooner than was drawn: the last kills only meet what is looked up
        mean = max(2.0, to_come / max(1, KILLS - len(self.kills)) - self._in_hand)
        life = self._chance.choices(_LIVES, _WEIGHTS)[0] / _MEAN
        return mean * life * self._chance.uniform(0.5, 1.5)

    async def _live(self, quota: float) -> None:
        """Waits until the servers have taken so many, and a moment more; some couriers die on the way."""
        began, start = time.monotonic(), self._seen()
        courier_dies = self._chance.random() < _COURIER_DIES
        while (taken := self._seen() - start) < quota and time.monotonic() - began < _LONGEST_SECONDS:
            if courier_dies and taken > quota / 2:
                courier_dies = not self._kill_courier()
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(self._chance.uniform(0.0, 0.03))

    def _kill_courier(self) -> bool:
        found = [pid for hub in self._shop.dying for pid in _couriers(hub.pid)]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.courier_kills += 1
        return bool(found)

    async def _kill(self, hub: MortalHub) -> None:
        offspring = _couriers(hub.pid)
        self.couriers_seen += len(offspring)
        before = hub.at_start
        assert hub.lives, "a hub ended by itself"
        await hub.kill()
        died = time.monotonic()
        for pid in offspring:
            await _ended(pid)
        self.orphans_lived = max(self.orphans_lived, time.monotonic() - died if offspring else 0.0)
        held = await self._shop.ledger.held_by(hub.pid)
        planning = "planning" in await self._shop.ledger.runs()
        self.kills.append(Kill(hub.at_start > before, planning, held))
        submitting = sum(each.state == "submitting" for each in held)
        self._in_hand += (submitting - self._in_hand) / 20


def _couriers(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return [child for child in children(pid) if _is_courier(child)]
    return []


def _is_courier(pid: int) -> bool:
    with suppress(FileNotFoundError, ProcessLookupError):
        return b"courier_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


async def _ended(pid: int) -> None:
    """Waits until a process has ended: one that nobody has asked about has no command line any more."""
    await asyncio.to_thread(wait_until, lambda: not _is_courier(pid), "the end of a courier")
