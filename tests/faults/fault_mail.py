"""10,000 mails arrive while the hub is killed with SIGKILL 20 times: each is here once, none is missing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.faults.mortal import MortalHub
from tests.faults.table import Line, show
from tests.servers.dovecot import Dovecot
from tests.servers.process import free_port
from tests.walks.conftest import mailbox_section
from tests.walks.test_mail_in import letter

SEED = 20261122
KILLS, MAILS = 20, 10_000
A_BATCH = 50
SECONDS = KILLS * 2.5
SETTLES_WITHIN = 600
# One mail in so many is large enough to be read apart.
LARGE_EVERY = 97

_OUTGOING = """
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
from_address = "support@example.com"
"""
_BY_PERSON = """
SELECT identity.value, count(*) FROM interaction JOIN identity ON identity.id = interaction.identity_id
GROUP BY identity.value
"""
_ARRIVALS = "SELECT state, count(*) FROM arrival GROUP BY state"


async def fault_mails_that_come_between_kills_are_all_here_once(dovecot: Dovecot, tmp_path: Path) -> None:
    user, password = dovecot.add_user()
    config = _OUTGOING + mailbox_section("support_mail", dovecot, user, password)
    hub = MortalHub(tmp_path / "data", free_port(), config, SEED)
    await hub.start()
    await hub.ready()
    file = hub.data / "hub.sqlite3"
    await asyncio.gather(hub.die(KILLS), deliver(dovecot, user))
    await settled(file)
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        here = dict(conn.execute(_BY_PERSON))
        states = dict(conn.execute(_ARRIVALS))
    kills, at_start = hub.kills, hub.at_start
    await hub.kill()
    counts = [here.get(f"mail{number}@example.com", 0) for number in range(MAILS)]
    lines = [
        Line("mails", MAILS, sum(map(bool, counts)), counts.count(0), sum(count > 1 for count in counts)),
        Line("arrivals", MAILS, states.get("captured", 0), MAILS - sum(states.values()), 0),
    ]
    show(f"{kills} kills with SIGKILL (seed {SEED}), {at_start} of them while it started", lines)
    assert kills >= KILLS
    assert states == {"captured": MAILS}
    assert [line for line in lines if line.lost or line.twice] == []


async def deliver(dovecot: Dovecot, user: str) -> None:
    """Delivers all of them in bursts, spread over the lives of the hub."""

    def burst(start: int) -> None:
        for number in range(start, start + A_BATCH):
            text = "My fridge is broken. " * (8_000 if number % LARGE_EVERY == 0 else 1)
            dovecot.deliver(user, letter(number, sender=f"mail{number}@example.com", text=text).as_bytes())

    for start in range(0, MAILS, A_BATCH):
        began = time.monotonic()
        await asyncio.to_thread(burst, start)
        await asyncio.sleep(max(0.0, SECONDS * A_BATCH / MAILS - (time.monotonic() - began)))


async def settled(file: Path) -> None:
    """Waits until as many are here as were delivered and none waits to be read; what never comes is counted."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while time.monotonic() < deadline:
        await asyncio.sleep(1)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
            if dict(conn.execute(_ARRIVALS)).get("captured", 0) >= MAILS:
                return
