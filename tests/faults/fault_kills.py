"""Killed with SIGKILL 100 times while everything comes in and reminders go out: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from tests.faults.mortal import MortalHub
from tests.faults.outside import Outside, outside
from tests.faults.people import Done, People, every
from tests.faults.table import Line, show
from tests.servers.dovecot import Dovecot

SEED = 20261121
KILLS = 100
SECONDS = KILLS * 2
MAILS, TEXTS, FORMS, ROWS, APPOINTMENTS = 1_000, 1_000, 300, 5_000, 300
SETTLES_WITHIN = 180

_BY_PERSON = """
SELECT identity.value, count(*) FROM interaction JOIN identity ON identity.id = interaction.identity_id
WHERE interaction.direction = 'in' GROUP BY identity.value
"""
_MESSAGES = """
SELECT identity.value, message.state,
    (SELECT count(*) FROM message_step WHERE message_id = message.id AND reason = 'once_more')
FROM message JOIN identity ON identity.id = message.identity_id
"""
_UNDER_WAY = """
SELECT count(*) FROM message WHERE state NOT IN
    ('accepted', 'failed', 'suppressed', 'cancelled', 'expired', 'abandoned', 'unknown')
"""
_PLANNED = "SELECT count(*) FROM message"
_UPLOAD = "SELECT count(*) FROM upload WHERE state = 'committed'"


@pytest.mark.outbound("nothing-lost", "crash-claimed", "crash-before-bytes", "crash-after-bytes", "crash-answered")
async def fault_a_hundred_kills_lose_nothing_and_repeat_nothing(dovecot: Dovecot, tmp_path: Path) -> None:
    with outside(dovecot) as world:
        hub = MortalHub(tmp_path / "data", world.port, world.config, SEED)
        async with world.twilio, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
            await hub.start()
            await hub.ready()
            people = People(world, hub, http)
            living = asyncio.create_task(hub.die(KILLS))
            await asyncio.gather(
                living,
                every(MAILS, SECONDS, people.write),
                every(TEXTS, SECONDS, people.text),
                every(FORMS, SECONDS, people.fill_in),
                every(APPOINTMENTS, SECONDS, people.book),
                people.upload(ROWS),
            )
            file = hub.data / "hub.sqlite3"
            await settled(file, people.done)
            await world.twilio.settle()  # the last text may be on its way from the provider to the phone
            lines = counted(file, people.done, world)
            kills, at_start = hub.kills, hub.at_start
            await hub.kill()
    show(f"{kills} kills with SIGKILL (seed {SEED}), {at_start} of them while it started", lines)
    assert kills >= KILLS
    assert all(line.here for line in lines if "given up" not in line.what), (
        "nothing of a kind came in: it proves nothing"
    )
    assert [line for line in lines if line.lost or line.twice] == []


async def settled(file: Path, done: Done) -> None:
    """Waits until all that was said to have come is there and nothing is under way; what never comes is counted."""
    deadline = time.monotonic() + SETTLES_WITHIN
    print("everything has come; waiting until nothing is under way", flush=True)
    while time.monotonic() < deadline:
        await asyncio.sleep(1)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
            persons = dict(conn.execute(_BY_PERSON))
            if (
                conn.execute(_UNDER_WAY).fetchone()[0] == 0
                and conn.execute(_PLANNED).fetchone()[0] == 2 * len(done.appointments)
                and conn.execute(_UPLOAD).fetchone()[0] == 1
                and sum(value.startswith("mail") for value in persons) == len(done.mails)
                and sum(value.startswith("+1415600") for value in persons) == len(done.texts)
            ):
                return


def counted(file: Path, done: Done, world: Outside) -> list[Line]:
    """Returns what came to pass outside beside what the hub has of it."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        persons = dict(conn.execute(_BY_PERSON))
        messages = list(conn.execute(_MESSAGES))
    told = {f"form{form.removeprefix('Form ')}@example.com" for form in done.forms_told}
    lines = [
        _came("mails", [f"mail{n}@example.com" for n in range(MAILS)], persons),
        _came("texts", [f"+1415600{n:04}" for n in range(TEXTS)], persons),
        _came("forms that were answered", sorted(told), persons),
        _came("forms given up by the visitor", _others("form", "@example.com", FORMS, told), persons, may_lack=True),
        _came("survey rows", [f"row{n}@example.com" for n in range(ROWS)], persons),
    ]
    mails = Counter(mail.recipients[0] for mail in world.smtp.mails)
    texts = {f"+1415700{n:04}": len(world.twilio.phone(f"+1415700{n:04}")) for n in done.appointments}
    by_mail = {f"booked{n}@example.com": mails[f"booked{n}@example.com"] for n in done.appointments}
    return [*lines, _went("reminders by mail", by_mail, messages), _went("reminders by text", texts, messages)]


def _others(before: str, after: str, count: int, but: set[str]) -> list[str]:
    return [name for n in range(count) if (name := f"{before}{n}{after}") not in but]


def _came(what: str, names: list[str], persons: dict[str, int], *, may_lack: bool = False) -> Line:
    here = [persons.get(name, 0) for name in names]
    lost = 0 if may_lack else here.count(0)
    return Line(what, len(names), sum(count > 0 for count in here), lost, sum(count > 1 for count in here))


def _went(what: str, got: dict[str, int], messages: list[tuple[str, str, int]]) -> Line:
    """A reminder that may have arrived is never sent again unseen: it is abandoned, or its story says so."""
    states: dict[str, list[tuple[str, int]]] = {}
    for value, state, again in messages:
        states.setdefault(value, []).append((state, again))
    lost = twice = doubtful = 0
    for value, times in got.items():
        of = states.get(value, [])
        flagged = any(again for _, again in of)
        unsure = any(state in ("abandoned", "unknown") for state, _ in of)
        doubtful += flagged or unsure
        lost += times == 0 and not unsure
        twice += times > 1 and not flagged
    return Line(what, len(got), sum(times > 0 for times in got.values()), lost, twice, doubtful)
