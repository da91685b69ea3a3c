"""A load generator in its own process: signed Twilio texts over keep-alive connections, as fast as they are answered.

`python -m tests.bench.load` reads one job a line (JSON: urls, token, first, count, connections, customers), prepares
all requests, sends them, and answers with one line: rate, p50 and p99 in milliseconds, and the answers by status.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode, urlsplit

from channels.twilio_wire.signature import signature
from tests.bench.world import phone

OUR_NUMBER = "+14155550100"
_ACCOUNT = "AC" + "0" * 31 + "1"
_WORDS = (
    "Is my order ready to be picked up today?",
    "Thanks, see you on Friday",
    "Can I move my appointment to next week, please? Tuesday or Wednesday after 4 would be best for me.",
    "Yes",
    "Do you have vitamin D drops for children in stock?",
    "I will be ten minutes late, sorry!",
)
# One sender in twenty is nobody we know.
_STRANGERS = 20


def form(number: int, customers: int, chance: random.Random) -> list[tuple[str, str]]:
    """Returns the fields that Twilio posts for one text, in its order; `number` makes the SID unique."""
    customer = chance.randint(1, customers)
    sender = phone(customer) if number % _STRANGERS else f"+1925{number % 10_000_000:07}"
    sid = f"SM{number:08x}{chance.getrandbits(96):024x}"
    return [
        ("ToCountry", "US"), ("ToState", "CA"), ("SmsMessageSid", sid), ("NumMedia", "0"), ("ToCity", "SAN FRANCISCO"),
        ("FromZip", "94105"), ("SmsSid", sid), ("FromState", "CA"), ("SmsStatus", "received"),
        ("FromCity", "SAN FRANCISCO"), ("Body", f"{chance.choice(_WORDS)} {number}"), ("FromCountry", "US"),
        ("To", OUR_NUMBER), ("ToZip", "94105"), ("NumSegments", "1"), ("MessageSid", sid), ("AccountSid", _ACCOUNT),
        ("From", sender), ("ApiVersion", "2010-04-01"),
    ]  # fmt: skip


def request(url: str, token: str, fields: list[tuple[str, str]]) -> bytes:
    """Returns one POST as it goes over the wire."""
    parts, body = urlsplit(url), urlencode(fields).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"X-Twilio-Signature: {signature(token, url, fields)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    """Sends one request after the other, each when the one before is answered."""

    def __init__(self, run: _Run, waiting: list[bytes]) -> None:
        self._run = run
        self._waiting = waiting
        self._read = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def start(self) -> None:
        if self._waiting:
            self._sent_at = time.perf_counter()
            self._transport.write(self._waiting.pop())
        else:
            self._run.finished_one()

    def data_received(self, data: bytes) -> None:
        self._read = self._read + data if self._read else data
        head = self._read.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._read.find(b"Content-Length: ", 0, head)
        length = int(self._read[at + 16 : self._read.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self._read) < head + 4 + length:
            return
        self._run.took.append(time.perf_counter() - self._sent_at)
        self._run.statuses[self._read[9:12]] += 1
        self._read = b""
        self.start()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._run.done.done():
            self._run.done.set_exception(error or ConnectionResetError("the server closed a connection"))

    def close(self) -> None:
        self._transport.close()


class _Run:
    def __init__(self) -> None:
        self.took: list[float] = []
        self.statuses: Counter[bytes] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = 0

    async def __call__(self, urls: list[str], waiting: list[list[bytes]], connections: int) -> float:
        """Returns how many seconds all requests took; `waiting` holds those of each URL."""
        loop, made = asyncio.get_running_loop(), []
        for number in range(connections):
            parts, mine = urlsplit(urls[number % len(urls)]), waiting[number % len(urls)]
            _, connection = await loop.create_connection(
                lambda mine=mine: _Connection(self, mine), parts.hostname, parts.port
            )
            made.append(connection)
        self._open = len(made)
        began = time.perf_counter()
        for connection in made:
            connection.start()
        await self.done
        took = time.perf_counter() - began
        for connection in made:
            connection.close()
        return took

    def finished_one(self) -> None:
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)


async def run(job: dict[str, Any]) -> dict[str, Any]:
    """Runs one job; returns rate, p50 and p99, and the answers by status."""
    urls, chance = job["urls"], random.Random(job["first"])
    waiting: list[list[bytes]] = [[] for _ in urls]
    for number in range(job["first"], job["first"] + job["count"]):
        at = number % len(urls)
        waiting[at].append(request(urls[at], job["token"], form(number, job["customers"], chance)))
    gc.collect()
    gc.disable()
    load = _Run()
    seconds = await load(urls, waiting, job["connections"])
    gc.enable()
    took = sorted(load.took)
    return {
        "rate": len(took) / seconds,
        "p50": took[len(took) // 2] * 1000,
        "p99": took[len(took) * 99 // 100] * 1000,
        "statuses": {status.decode(): count for status, count in load.statuses.items()},
    }


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(asyncio.run(run(json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
