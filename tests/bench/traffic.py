"""Texts sent to running hubs: their configuration, their addresses, and the load generator's process."""

from __future__ import annotations

import itertools
import json
import os
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


def cpu_seconds(pids: Sequence[int]) -> float:
    """Returns the CPU time that processes took so far: other work on the machine hardly changes it."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


@dataclass
class Answers:
    """What a contender's callers saw, over all rounds."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        cpu = f", CPU {median(self.cpu):,.0f} us a text" if any(self.cpu) else ""
        return f"p50 {median(self.p50):.1f} ms, p99 {median(self.p99):.1f} ms{cpu}"


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
        self,
        urls: Sequence[str],
        token: str,
        count: int,
        answers: Answers,
        *,
        connections: int = CONNECTIONS,
        pids: Sequence[int] = (),
    ) -> float:
        """Sends `count` texts over the connections, divided between the URLs; returns texts a second.

        `pids`: who answers, for the CPU time that a text takes. Raises AssertionError when one was not answered with
        200.
        """
        first = next(self._numbers) * 1_000_000
        job = {"urls": list(urls), "token": token, "first": first, "count": count, "connections": connections}
        began = cpu_seconds(pids)
        said = self._ask({**job, "customers": self._customers})
        answers.cpu.append((cpu_seconds(pids) - began) / count * 1e6)
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
