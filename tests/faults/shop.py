"""A shop with 10,000 customers who agreed to offers, its hub in one process or several, and forgetful servers outside.

No hour is quiet, and a hub waits for its database as long as a crowded machine takes; else it is as it comes.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from hub.secrets import create_hub_key
from tests.bench.world import Size, Worlds
from tests.faults.forgetful import ForgetfulSmtp, ForgetfulTwilio
from tests.faults.ledger import Ledger, Postgresql, Sqlite
from tests.faults.mortal import MortalHub
from tests.patience import PATIENT
from tests.servers.postgres import Postgres
from tests.servers.process import free_port

# HUB_FAULTS_SHARE=10 runs a tenth: a tenth of the customers and of the kills.
SHARE = int(os.environ.get("HUB_FAULTS_SHARE", "1"))
PEOPLE = 10_000 // SHARE
CHANNELS = ("outgoing_mail", "main_number")
_NUMBER, _SID, _TOKEN = "+14155550100", "AC" + "0" * 31 + "2", "token-of-the-faults"
_OPEN = '[[hours]]\nplace = "{}"\nfrom = "00:00"\nto = "23:59:59.999999"\nsource = "this run"\nsince = 2020-01-01\n'
_SEGMENT = 'title = "Everybody"\n[[all]]\nabout = "relationship"\nis = "one_of"\nvalue = ["customer"]\n'
_FACES = {
    "subject": "Winter at {{ business.name }}, {{ customer.first_name }}",
    "html": "<p>Hello {{ customer.first_name }}, your code is <b>{{ campaign.code }}</b>.</p>",
    "sms": "Hello {{ customer.first_name }}: {{ campaign.code }}. Reply STOP to stop.",
}
# Everybody has agreed, nobody waits for an answer; times are milliseconds.
_READY = (
    "UPDATE identity SET confirmed_at = opened_at, agreed_promotional = true",
    "UPDATE conversation SET state = 'closed'",
    "INSERT INTO consent"
    " (identity_id, purpose, granted, wording, version, language, source, ip, user_agent, at, digest)"
    " SELECT id, 'promotional', true, 'Yes', '', 'en', 'counter', '', '', opened_at, '' FROM identity",
)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a hub runs: its engine, the roles of the processes that are killed, and of one that is not."""

    name: str
    engine: str
    dying: Sequence[str]
    spared: str = ""


@dataclass(frozen=True)
class Shop:
    """`face`: the process that answers requests; `dying`: those that are killed; nothing has been started."""

    smtp: ForgetfulSmtp
    twilio: ForgetfulTwilio
    ledger: Ledger
    dying: Sequence[MortalHub]
    face: MortalHub

    async def launch(self, http: aiohttp.ClientSession) -> None:
        """Starts every process and launches one campaign by mail and one by text, to everybody."""
        for hub in {id(each): each for each in (self.face, *self.dying)}.values():
            await hub.start()
            await hub.ready()
        files = self.face.data.parent / "files" / "segments"
        files.mkdir(parents=True)
        (files / "everybody.toml").write_text(_SEGMENT)
        while (applied := await asyncio.to_thread(self.face.command, "apply", str(files.parent))).returncode:
            print(f"  once more: {applied.stderr.strip()}", flush=True)
        await self._ask(
            http, "/templates", {"name": "winter", "language": "en", "purpose": "promotional", "faces": _FACES}
        )
        flights = [await self._planned(http, channel) for channel in CHANNELS]
        for campaign, plan in flights:
            assert plan["messages"] == PEOPLE, plan
            await self._ask(http, f"/campaigns/{campaign['id']}/launch", {"plan_hash": plan["hash"]})

    async def _ask(self, http: aiohttp.ClientSession, path: str, what: object = None) -> Any:
        """Asks until there is an answer: on a crowded machine a hub may say that it is busy."""
        return await self.face.insist(http, "POST", path, json=what, headers={"Idempotency-Key": secrets.token_hex(8)})

    async def _planned(self, http: aiohttp.ClientSession, channel: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        definition = {
            "segment": "everybody",
            "template": "winter",
            "channel": channel,
            "schedule": {"kind": "once", "at": "now"},
            "variables": {"code": "WARM10"},
        }
        told = {"name": f"winter_{channel}", "title": "Winter", "definition": definition}
        made = await self._ask(http, "/campaigns", told)
        told = await self._ask(http, f"/campaigns/{made['id']}/flight-plan")
        while "ready" not in told:  # a large audience's is a job
            assert told["state"] != "failed", told["error"]
            await asyncio.sleep(0.2)
            flight = await self.face.insist(http, "GET", f"/campaigns/{made['id']}/flight")
            told = flight["plan"] or flight
        return made, told


async def opened(arrangement: Arrangement, folder: Path, seed: int, postgres: Postgres | None, url: str) -> Shop:
    """Returns the shop with its servers running. `url`: of a database with the world in it (PostgreSQL)."""
    smtp, twilio = ForgetfulSmtp(seed), ForgetfulTwilio(_SID, _TOKEN, _NUMBER, seed + 1)
    await smtp.start()
    await twilio.start()
    data, port = folder / "data", free_port()
    data.mkdir()
    database: Sqlite | Postgresql
    if postgres is None:
        database = Sqlite(Worlds(folder).sqlite(data / "hub.sqlite3", Size(PEOPLE, 1_000, 10)))
        with closing(sqlite3.connect(database.file)) as connection:
            for statement in _READY:
                connection.execute(statement)
            connection.commit()
    else:
        database = Postgresql(url)
        connected = await asyncpg.connect(url.replace("+asyncpg", ""))
        for statement in _READY:
            await connected.execute(statement)
        await connected.close()
    create_hub_key(data)
    (data / "rulebook.toml").write_text("".join(_OPEN.format(place) for place in ("default", "unknown")))
    config = _config(port, smtp.port, twilio.base_url, url)
    patient = {**os.environ, **PATIENT}
    dying = [
        MortalHub(
            data, free_port() if arrangement.spared else port, config, seed + n, patient, roles=roles, name=f"log{n}"
        )
        for n, roles in enumerate(arrangement.dying)
    ]
    spared = MortalHub(data, port, config, seed, patient, roles=arrangement.spared) if arrangement.spared else dying[0]
    return Shop(smtp, twilio, Ledger(database), dying, spared)


def _config(port: int, smtp_port: int, twilio_url: str, url: str) -> str:
    return f"""
[hub]
public_url = "http://127.0.0.1:{port}"
{f'database_url = "{url}"' if url else ""}

[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
mode = "live"
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
from_address = "shop@example.com"

[channels.main_number]
adapter = "channels.sms:TwilioSms"
mode = "live"
from_number = "{_NUMBER}"
account_sid = "{_SID}"
auth_tokens = ["{_TOKEN}"]
base_url = "{twilio_url}"
"""
