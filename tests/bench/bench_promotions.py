"""Promotions, whole: a campaign launched through the API of a running hub until its last message was accepted.

By mail beside postfix's smtp-source into the same smtp-sink (stand-ins in Python where they are not installed), by text
against a provider that takes 50 ms for each, and the planning of 100,000 recipients alone.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from hub.secrets import create_hub_key
from tests.bench.measure import Board, Result, children, in_turn, peak_rss_mb
from tests.bench.world import Size, Worlds
from tests.servers.postgres import Postgres
from tests.servers.process import Missing, Process, answers, find_program, free_port
from tests.walks.running import ROOT, RunningHub

MAILS, TEXTS, PLANNED = 3_000, 1_500, 100_000
PLAIN_MAILS = 20_000
# The provider takes no more than so many at once. Twice as many are let through and written down meanwhile (Lane).
IN_FLIGHT, LATENCY = 20, 0.05
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
    "UPDATE identity SET confirmed_at = opened_at",
    "UPDATE conversation SET state = 'closed'",
    "INSERT INTO consent"
    " (identity_id, purpose, granted, wording, version, language, source, ip, user_agent, at, digest)"
    " SELECT id, 'promotional', true, 'Yes', '', 'en', 'counter', '', '', opened_at, '' FROM identity",
)
_STOP = "INSERT INTO installation (name, value) VALUES ('kill_switch', 'the bench plans only')"


def bench_promotion_by_mail_on_sqlite(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(MAILS, 1_000, 10)))
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(tmp_path))
        _mails(board, "sqlite", Shop(stack, data, world, _mail_config(sink.port)), sink)


def bench_promotion_by_mail_on_postgresql(
    board: Board, worlds: Worlds, durable_postgres: Postgres, tmp_path: Path
) -> None:
    template = worlds.postgres(durable_postgres, Size(MAILS, 1_000, 10))
    with ExitStack() as stack:
        sink = stack.enter_context(mail_sink(tmp_path))
        url = stack.enter_context(durable_postgres.database(template))
        config = f'[hub]\ndatabase_url = "{url}"\n{_mail_config(sink.port)}'
        _mails(board, "postgresql", Shop(stack, tmp_path / "data", Postgresql(url), config), sink)


def bench_promotion_by_text(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(TEXTS, 1_000, 10)))
    with ExitStack() as stack:
        port = stack.enter_context(
            _running([sys.executable, "-m", "tests.bench.slow_provider"], [str(LATENCY), str(IN_FLIGHT)], tmp_path)
        )
        shop = Shop(stack, data, world, _text_config(port))
        shop.send("main_number")
        turns = in_turn({"hub": lambda: shop.send("main_number"), "provider": lambda: IN_FLIGHT / LATENCY})
        board.note(
            Result(name="promotion by text, to in flight / latency", engine="sqlite", unit="/s", floor=0.45, target=0.9,
                   peak_rss_mb=peak_rss_mb(shop.hub.pid), **turns.compared("hub", "provider"))
        )  # fmt: skip


def bench_plan_of_a_run(board: Board, worlds: Worlds, tmp_path: Path) -> None:
    data = tmp_path / "data"
    world = Sqlite(worlds.sqlite(data / "hub.sqlite3", Size(PLANNED, 1_000, 10)))
    with ExitStack() as stack:
        shop = Shop(stack, data, world, _mail_config(free_port()))
        world.run(_STOP)
        shop.launch("outgoing_mail")
        began = time.perf_counter()
        shop.wait_for(lambda: world.ask("SELECT count(*) FROM message") >= PLANNED)
        board.note(
            Result(name=f"plan a run for {PLANNED:,}", engine="sqlite", figure=time.perf_counter() - began, unit="s",
                   floor=20, target=10, aim="figure at most", peak_rss_mb=peak_rss_mb(shop.hub.pid))
        )  # fmt: skip


def _mails(board: Board, engine: str, shop: Shop, sink: MailSink) -> None:
    shop.send("outgoing_mail")
    turns = in_turn({"smtp-source": sink.rate, "hub": lambda: shop.send("outgoing_mail")})
    board.note(
        Result(name=f"promotion by mail, to {sink.name}", engine=engine, unit="/s", floor=0.10, target=0.20,
               peak_rss_mb=peak_rss_mb([shop.hub.pid, *children(shop.hub.pid)]),
               **turns.compared("hub", "smtp-source"))
    )  # fmt: skip


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
            return connection.execute(question).fetchone()[0] or 0
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

    def launch(self, channel: str) -> int:
        """Launches a campaign to everybody; returns its number."""
        name = f"winter_{next(self._numbers)}"
        once = {"kind": "once", "at": "now"}
        definition = {"segment": "everybody", "template": "winter", "channel": channel, "schedule": once,
                      "variables": {"code": "WARM10"}}  # fmt: skip
        made = self.hub.api("POST", "/campaigns", {"name": name, "title": name, "definition": definition})
        plan = self.hub.api("POST", f"/campaigns/{made['id']}/flight-plan")
        assert plan["ready"], plan
        self.hub.api("POST", f"/campaigns/{made['id']}/launch", {"plan_hash": plan["hash"]})
        return int(plan["messages"])

    def send(self, channel: str) -> float:
        """Launches a campaign and waits for its last message; returns messages a second, from the first planned."""
        before = self.world.ask("SELECT max(id) FROM message")
        expected = self.launch(channel)
        ours = f"FROM message WHERE id > {before}"
        self.wait_for(lambda: self.world.ask(f"SELECT count(*) {ours} AND state = 'accepted'") >= expected)
        milliseconds = self.world.ask(f"SELECT max(sent_at) - min(planned_at) {ours}")
        return expected * 1000 / max(1, milliseconds)

    def wait_for(self, done: Callable[[], bool], seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the campaign did not end"
            time.sleep(0.25)


@dataclass(frozen=True)
class MailSink:
    """Takes mails and forgets them. `rate`: how many a second a plain sender gives it over ten connections."""

    name: str
    port: int
    source: tuple[str, ...]

    def rate(self) -> float:
        began = time.perf_counter()
        subprocess.run([*self.source, f"127.0.0.1:{self.port}"], check=True, cwd=ROOT)
        return PLAIN_MAILS / (time.perf_counter() - began)


@contextmanager
def mail_sink(folder: Path) -> Iterator[MailSink]:
    """Runs smtp-sink, or a stand-in where postfix is not installed."""
    mails = ("-s", "10", "-d", "-m", str(PLAIN_MAILS), "-l", "1500")
    try:
        sink, source = (
            str(find_program([name], ["/usr/sbin"], "apt install postfix")) for name in ("smtp-sink", "smtp-source")
        )
    except Missing:
        stand_in = (sys.executable, "-m", "tests.bench.plain_smtp")
        with _running([*stand_in, "sink"], [], folder) as port:
            yield MailSink("a plain sender", port, (*stand_in, "source", *mails))
        return
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    port = free_port()
    with _process([sink, *user, f"127.0.0.1:{port}", "200"], port, folder):
        yield MailSink("smtp-source", port, (source, *mails))


@contextmanager
def _running(command: list[str], arguments: list[str], folder: Path) -> Iterator[int]:
    """Runs `command PORT arguments`; yields its port."""
    port = free_port()
    with _process([*command, str(port), *arguments], port, folder):
        yield port


@contextmanager
def _process(command: list[str], port: int, folder: Path) -> Iterator[None]:
    process = Process(command, folder / f"{port}.log", environment={"PYTHONPATH": str(ROOT)})
    try:
        process.wait_until(lambda: answers(port), command[0])
        yield
    finally:
        process.stop()


def _mail_config(port: int) -> str:
    return f"""
[channels.outgoing_mail]
adapter = "channels.email_smtp:SmtpSender"
mode = "live"
host = "127.0.0.1"
port = {port}
tls = "none"
from_address = "shop@example.com"
connections = 10
at_once = 300
"""


def _text_config(port: int) -> str:
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
