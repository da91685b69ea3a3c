"""200 SIGKILLs in a run of 20,000 promotions against servers that forget one answer in a hundred: none goes out twice.

Half are mails, half texts. A message that may have gone out when its process died, or whose answer was forgotten, is
unknown until the reconciler found it at the provider; it is never sent again. HUB_FAULTS_SHARE=10 runs a tenth.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import aiohttp
import pytest

from tests.bench.world import Size, Worlds
from tests.faults.reaper import KILLS, Reaper
from tests.faults.shop import PEOPLE, Arrangement, Shop, opened
from tests.faults.tally import Tally, tell, told
from tests.servers.postgres import Postgres

SEED = 20261123
# What was planned is sent within so many seconds after the last kill, on a crowded machine; then a text that its
# provider has must be known to be there within so many.
SENT_WITHIN, KNOWN_WITHIN = 1_200, 300
# A courier ends with its hub, long before anybody looks what became of its mails (after 30 s).
ENDS_WITHIN = 10
_TELL_EVERY = 10.0
_UNDECIDED = frozenset({"planned", "ready", "held", "claimed", "submitting", "retry_wait"})

ARRANGEMENTS = (
    Arrangement("sqlite, one process", "sqlite", ("all",)),
    Arrangement("postgresql, one process", "postgresql", ("all",)),
    Arrangement("postgresql, three that send", "postgresql", ("send", "send", "send"), spared="web,poll"),
)


@pytest.mark.outbound(
    "never-twice",
    "nothing-lost",
    "unknown-bounded",
    "run-sums",
    "crash-plan",
    "crash-claimed",
    "crash-before-bytes",
    "crash-after-bytes",
    "crash-answered",
    "smtp-dot-silence",
    "twilio-unknown",
    "twilio-looks",
)
@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=lambda each: each.name.replace(", ", "-").replace(" ", "-"))
async def fault_no_promotion_goes_out_twice(
    arrangement: Arrangement, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if arrangement.engine == "sqlite":
        await _run(arrangement, await opened(arrangement, tmp_path, SEED, None, ""))
        return
    server: Postgres = request.getfixturevalue("postgres")
    template = Worlds(tmp_path).postgres(server, Size(PEOPLE, 1_000, 10))
    with server.database(template) as url:
        await _run(arrangement, await opened(arrangement, tmp_path, SEED, server, url))
    server.execute(f"DROP DATABASE {template}")


async def _run(arrangement: Arrangement, shop: Shop) -> None:
    began = time.monotonic()
    reaper = Reaper(shop, random.Random(SEED))
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=300)) as http:
            await shop.launch(http)
        print(f"\n{arrangement.name}: launched after {time.monotonic() - began:.0f} s", flush=True)
        await reaper.reap()
        await _settled(shop)
        tally = await told(arrangement, shop, reaper, time.monotonic() - began)
    finally:
        await reaper.end()
        await shop.twilio.stop()
        shop.smtp.stop()
    tell(tally)
    _check(tally)


async def _settled(shop: Shop) -> None:
    """Waits until nothing is to be sent any more and each text that the provider has is known to be there."""
    began = spoke = time.monotonic()
    sent_at = None
    while True:
        assert all(hub.lives for hub in shop.dying), "a hub ended by itself"
        states = await shop.ledger.states()
        undecided = sum(many for (_, state), many in states.items() if state in _UNDECIDED)
        known = sum(
            many for (channel, state), many in states.items() if (channel, state) == ("main_number", "accepted")
        )
        now = time.monotonic()
        if now - spoke > _TELL_EVERY:
            spoke = now
            print(f"  {now - began:.0f} s after the last kill: {undecided} to be sent, {dict(states)}", flush=True)
        if not undecided:
            sent_at = sent_at or now
            if known >= shop.twilio.taken or now - sent_at > KNOWN_WITHIN:
                return
        elif now - began > SENT_WITHIN:
            return
        await asyncio.sleep(1)


def _check(tally: Tally) -> None:
    assert tally.kills >= KILLS
    assert tally.twice == []
    assert tally.nowhere == [], "messages in no final or listed state"
    assert tally.lost == [], "accepted, and no server has it"
    assert tally.audiences == [PEOPLE, PEOPLE], "states and skips sum to the audience"
    assert tally.ever_unknown <= tally.forgotten + tally.in_flight + tally.with_couriers
    assert tally.without_phase == []
    assert tally.unresolved == [], "texts that the provider has and the hub does not know of"
    assert tally.slowest_known <= KNOWN_WITHIN
    assert tally.orphans_lived <= ENDS_WITHIN, "a courier outlived its hub"
