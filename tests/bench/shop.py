"""A hub whose customers have all agreed to offers, as the benches of promotions run it; and what it sends to."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from hub.secrets import create_hub_key
from tests.servers.process import Process, answers, free_port
from tests.walks.running import ROOT, RunningHub

# The provider takes no more than so many at once. Twice as many are let through and written down meanwhile (Lane).
IN_FLIGHT = 20
AT_ONCE = IN_FLIGHT * 3
_OPEN = '[[hours]]\nplace = "{}"\nfrom = "00:00"\nto = "23:59:59.999999"\nsource = "this bench"\nsince = 2020-01-01\n'
_PARAGRAPH = (
    "<p>Winter is near, and our shelves are full of warm things for you and for yours, {{ campaign.code }}.</p>"
)
_FACES = {
    "subject": "Winter at {{ business.name }}, {{ customer.first_name }}",
    "html": f"<html><body><p>Hello {{{{ customer.first_name }}}},</p>{_PARAGRAPH * 6}</body></html>",
    "sms": "Hello {{ customer.first_name }}: {{ campaign.code }}. Reply STOP to stop.",
}
_SEGMENT = 'title = "Everybody"\n[[all]]\nabout = "relationship"\nis = "one_of"\nvalue = ["customer"]\n'
# Everybody has agreed, nobody waits for an answer; times are milliseconds.
_READY = (
    "UPDATE identity SET confirmed_at = opened_at, agreed_promotional = true",
    "UPDATE conversation SET state = 'closed'",
    "INSERT INTO consent"
    " (identity_id, purpose, granted, wording, version, language, source, ip, user_agent, at, digest)"
    " SELECT id, 'promotional', true, 'Yes', '', 'en', 'counter', '', '', opened_at, '' FROM identity",
)
STOP = "INSERT INTO installation (name, value) VALUES ('kill_switch', 'the bench plans only')"
GO = "DELETE FROM installation WHERE name = 'kill_switch'"


@dataclass
class Sqlite:
    """What the bench asks a hub's database."""

    file: Path

    def run(self, *statements: str) -> None:
        with sqlite3.connect(self.file, timeout=60) as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, question: str) -> int:
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            return int(connection.execute(question).fetchone()[0] or 0)
        finally:
            connection.close()


@dataclass
class Postgresql:
    url: str

    def run(self, *statements: str) -> None:
        for statement in statements:
            asyncio.run(self._ask(statement))

    def ask(self, question: str) -> int:
        return asyncio.run(self._ask(question))

    async def _ask(self, statement: str) -> int:
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            return await connection.fetchval(statement) or 0
        finally:
            await connection.close()


@dataclass
class Shop:
    """A running hub whose customers have all agreed to offers."""

    stack: ExitStack
    data: Path
    world: Sqlite | Postgresql
    config: str
    hub: RunningHub = field(init=False)
    planned_within: float = field(init=False, default=0.0)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        create_hub_key(self.data)
        (self.data / "rulebook.toml").write_text("".join(_OPEN.format(place) for place in ("default", "unknown")))
        self.hub = self.stack.enter_context(RunningHub(self.data, config=self.config))
        self.world.run(*_READY)
        segments = self.data.parent / "files" / "segments"
        segments.mkdir(parents=True)
        (segments / "everybody.toml").write_text(_SEGMENT)
        applied = self.hub.command("apply", str(segments.parent))
        assert applied.returncode == 0, applied.stderr
        template = {"name": "winter", "language": "en", "purpose": "promotional", "faces": _FACES}
        self.hub.api("POST", "/templates", template)

    def draft(self, channel: str) -> str:
        """Makes a campaign to everybody; returns its id."""
        name = f"winter_{next(self._numbers)}"
        once = {"kind": "once", "at": "now"}
        definition = {"segment": "everybody", "template": "winter", "channel": channel, "schedule": once,
                      "variables": {"code": "WARM10"}}  # fmt: skip
        return str(self.hub.api("POST", "/campaigns", {"name": name, "title": name, "definition": definition})["id"])

    def launch(self, channel: str) -> int:
        """Launches a campaign to everybody; returns how many messages it has."""
        campaign = self.draft(channel)
        plan = self.planned(campaign)
        assert plan["ready"], plan
        self.hub.api("POST", f"/campaigns/{campaign}/launch", {"plan_hash": plan["hash"]})
        return int(plan["messages"])

    def planned(self, campaign: str) -> dict[str, Any]:
        """Returns the flight plan of a campaign, which for a large audience is a job."""
        told: dict[str, Any] = self.hub.api("POST", f"/campaigns/{campaign}/flight-plan")
        while "ready" not in told:
            assert told["state"] != "failed", told["error"]
            time.sleep(0.25)
            flight = self.hub.api("GET", f"/campaigns/{campaign}/flight")
            told = flight["plan"] or flight
        return told

    def send(self, channel: str) -> float:
        """Launches a campaign and waits until each message was accepted, or is held (whoever wrote meanwhile waits for
        an answer first); returns how many a second were accepted, from the first planned to the last.
        """
        before = self._newest()
        expected = self.launch(channel)
        accepted = self._accepted(before, expected)
        return accepted * 1000 / max(1, self.world.ask(f"SELECT max(sent_at) - min(planned_at) {_after(before)}"))

    def send_planned(self, channel: str) -> float:
        """Does the same with messages that wait until all are planned; returns how many a second were accepted, from
        the moment that they might leave to the last. What planning took is kept in `planned_within`.
        """
        before = self._newest()
        self.world.run(STOP)
        expected, launched = self.launch(channel), time.perf_counter()
        self.wait_for(lambda: self.world.ask(f"SELECT count(*) {_after(before)}") >= expected)
        self.planned_within = time.perf_counter() - launched
        began = round(time.time() * 1000)
        self.world.run(GO)
        accepted = self._accepted(before, expected)
        return accepted * 1000 / (self.world.ask(f"SELECT max(sent_at) {_after(before)}") - began)

    def _newest(self) -> int:
        return self.world.ask("SELECT max(id) FROM message")

    def _accepted(self, before: int, expected: int) -> int:
        """Waits until all messages after one have ended; returns how many were accepted."""
        ended = f"SELECT count(*) {_after(before)} AND state IN ('accepted', 'held')"
        self.wait_for(lambda: self.world.ask(ended) >= expected)
        return self.world.ask(f"SELECT count(*) {_after(before)} AND state = 'accepted'")

    def hub_cpu(self) -> float:
        """Returns how many seconds of the processor the hub has used."""
        fields = Path(f"/proc/{self.hub.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_for(self, done: Callable[[], bool], seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the campaign did not end"
            time.sleep(0.25)


def _after(message: int) -> str:
    return f"FROM message WHERE id > {message}"


@contextmanager
def running(command: list[str], arguments: list[str], folder: Path) -> Iterator[int]:
    """Runs `command PORT arguments`; yields its port."""
    port = free_port()
    with served([*command, str(port), *arguments], port, folder):
        yield port


@contextmanager
def served(command: list[str], port: int, folder: Path) -> Iterator[None]:
    process = Process(command, folder / f"{port}.log", environment={"PYTHONPATH": str(ROOT)})
    try:
        process.wait_until(lambda: answers(port), command[0])
        yield
    finally:
        process.stop()


def mail_config(port: int) -> str:
    return f"""
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
mode = "live"
host = "127.0.0.1"
port = {port}
tls = "none"
from_address = "shop@example.com"
connections = 10
at_once = 500
"""


def text_config(port: int) -> str:
    return f"""
[channels.main_number]
adapter = "channels.sms:TwilioSms"
mode = "live"
account_sid = "AC{"0" * 32}"
auth_tokens = ["token-of-the-bench"]
from_number = "+14155550100"
base_url = "http://127.0.0.1:{port}"
at_once = {AT_ONCE}
in_flight = {IN_FLIGHT}
"""
