"""Texts sent to running hubs: their configuration, their addresses, and the load generator's process."""

from __future__ import annotations

import itertools
import json
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

from tests.bench.load import OUR_NUMBER
from tests.walks.running import ROOT, RunningHub

CONNECTIONS = 64
TEXTS_ONLY = f"""
[channels.main_number]
adapter = "channels.sms:TwilioSms"
from_number = "{OUR_NUMBER}"
"""


# One key for all processes of a run: several serve one database.
_KEY = secrets.token_urlsafe(32)


def texts_hub(data: Path, *, config: str = "", module: str = "hub") -> RunningHub:
    """Returns a hub, not yet started, that takes texts over a world made elsewhere; `config` goes before the channel.

    The key is given: a hub that finds customers and no key of its own refuses to start.
    """
    environment = {"HUB_KEY": _KEY}
    return RunningHub(data, config=f"{config}\n{TEXTS_ONLY}", module=module, environment=environment)


def hook(port: int) -> str:
    """Returns where a process on this port takes texts."""
    return f"http://127.0.0.1:{port}/hooks/main_number/text"


def token(hub: RunningHub) -> str:
    """Returns the auth token with which the sandbox's Twilio signs."""
    doors: dict[str, str] = json.loads((hub.data / "sandbox" / "doors.json").read_text())
    return doors["token"]


@dataclass
class Answers:
    """What a contender's callers saw, over all rounds."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"p50 {median(self.p50):.1f} ms, p99 {median(self.p99):.1f} ms"


class Load:
    """The load generator. `texts(...)` returns how many a second were answered; every number is used once."""

    def __init__(self, customers: int) -> None:
        self._customers = customers
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def __enter__(self) -> Load:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def texts(
        self, urls: Sequence[str], token: str, count: int, answers: Answers, *, connections: int = CONNECTIONS
    ) -> float:
        """Sends `count` texts over the connections, divided between the URLs; returns texts a second.

        Raises AssertionError when one was not answered with 200.
        """
        first = next(self._numbers) * 1_000_000
        job = {"urls": list(urls), "token": token, "first": first, "count": count, "connections": connections}
        said = self._ask({**job, "customers": self._customers})
        answers.p50.append(said["p50"])
        answers.p99.append(said["p99"])
        answers.statuses.update(said["statuses"])
        assert set(said["statuses"]) == {"200"}, said["statuses"]
        rate: float = said["rate"]
        return rate

    def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
