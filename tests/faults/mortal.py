"""A hub that is killed again and again, at points of its life drawn from a seed, and started anew each time."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.servers.nursery import Program, nursery
from tests.walks.running import FAST_HASH

# Three lives in ten end while they begin, anywhere in the time that a beginning takes; the others while they serve.
DIE_YOUNG = 0.3
SERVING = (0.0, 3.0)
# Until one has begun: about so long it takes.
_BEGINS_WITHIN = 1.0
_TELL_EVERY = 10


class MortalHub:
    """One `hub serve` process at a time; `kills` counts those that were killed, `at_start` those before they served.

    Processes of one data folder (PostgreSQL) each have a `name` of their own, which is that of their log.
    """

    def __init__(
        self,
        data: Path,
        port: int,
        config: str,
        seed: int,
        environment: Mapping[str, str] = os.environ,
        *,
        roles: str = "all",
        name: str = "log",
    ) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        self.kills = 0
        self.at_start = 0
        self.pid = 0
        self._words = ["serve", "--json", "--port", str(port), "--data", str(data), "--role", roles]
        self._environment = {**environment, **FAST_HASH}
        self._log = data / f"{name}.txt"
        self._random = random.Random(seed)
        self._process: Program | None = None
        self._says: asyncio.Task[str] | None = None
        self._begins_within = _BEGINS_WITHIN
        data.mkdir(parents=True, exist_ok=True)
        (data / "hub.toml").write_text(config)

    async def start(self) -> None:
        """Starts it, without waiting until it serves."""
        self._process = self._forked()
        self.pid = self._process.pid
        self._says = asyncio.create_task(self._said(self._process))

    def _forked(self) -> Program:
        with self._log.open("a") as log, Path(os.devnull).open() as nothing:
            return nursery().start(self._words, self.data, self._environment, stdin=nothing, stderr=log)

    async def _said(self, process: Program) -> str:
        began = time.monotonic()
        line = await asyncio.to_thread(process.stdout.readline)
        if line:
            self._begins_within = time.monotonic() - began
        return line

    async def ready(self) -> None:
        """Waits until it says that it serves. Raises RuntimeError when it ends instead."""
        assert self._says is not None
        if not await self._says:
            raise RuntimeError(self._log.read_text()[-4000:])

    async def die(self, times: int) -> None:
        """Is killed so many times, each time started anew; then lives on."""
        began = time.monotonic()
        for number in range(1, times + 1):
            if self._random.random() < DIE_YOUNG:
                await self.begin_only()
            else:
                await self.ready()
                await asyncio.sleep(self._random.uniform(*SERVING))
            assert self.lives, "it ended by itself"
            await self.kill()
            await self.start()
            if number % _TELL_EVERY == 0:
                print(f"{number} of {times} kills after {time.monotonic() - began:.0f} s", flush=True)
        await self.ready()

    @property
    def lives(self) -> bool:
        """Whether it runs; one that nobody killed and that does not has a fault of its own."""
        return self._process is not None and self._process.poll() is None

    async def begin_only(self) -> None:
        """Waits for a part of the time that its beginning takes."""
        await asyncio.sleep(self._random.random() * self._begins_within)

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None:
            if self._process.poll() is None:
                self.at_start += self._says is not None and not self._says.done()
                self._process.send_signal(signal.SIGKILL)
                self.kills += 1
            await asyncio.to_thread(self._process.wait)
            if self._says is not None:
                await self._says
            self._process.stdout.close()
            self._process = None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a `hub` command against its data folder."""
        return nursery().run([*words, "--data", str(self.data)], self.data, self._environment)

    async def api(self, http: aiohttp.ClientSession, method: str, path: str, **more: Any) -> Any:
        """Asks the JSON API once with the token of the present life. Raises what aiohttp raises."""
        token = json.loads((self.data / "running.json").read_text())["token"]
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        async with http.request(method, f"{self.url}/api/v1{path}", headers=headers, **more) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None)

    async def insist(self, http: aiohttp.ClientSession, method: str, path: str, **more: Any) -> Any:
        """Asks again and again until there is an answer; what makes something carries an Idempotency-Key."""
        while True:
            try:
                return await self.api(http, method, path, **more)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                if isinstance(error, aiohttp.ClientResponseError) and error.status in (400, 404, 422):
                    raise
                await asyncio.sleep(0.2)
