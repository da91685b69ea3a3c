"""A hub that is killed again and again, at points of its life drawn from a seed, and started anew each time."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.walks.running import FAST_HASH, ROOT

# Three lives in ten end while they begin, which takes about 2.5 s; the others while they serve.
DIE_YOUNG = 0.3
BEGINNING = (0.2, 2.5)
SERVING = (0.0, 4.0)


class MortalHub:
    """One `hub serve` process at a time; `kills` counts those that were killed, `at_start` those before they served."""

    def __init__(
        self, data: Path, port: int, config: str, seed: int, environment: Mapping[str, str] = os.environ
    ) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        self.kills = 0
        self.at_start = 0
        self._command = [sys.executable, "-m", "hub", "serve", "--json", "--port", str(port), "--data", str(data)]
        self._environment = {**environment, **FAST_HASH, "PYTHONPATH": str(ROOT)}
        self._random = random.Random(seed)
        self._process: asyncio.subprocess.Process | None = None
        self._says: asyncio.Task[bytes] | None = None
        data.mkdir(parents=True)
        (data / "hub.toml").write_text(config)

    async def start(self) -> None:
        """Starts it, without waiting until it serves."""
        with (self.data / "log.txt").open("a") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=asyncio.subprocess.PIPE, stderr=log, env=self._environment, cwd=self.data
            )
        assert self._process.stdout is not None
        self._says = asyncio.create_task(self._process.stdout.readline())

    async def ready(self) -> None:
        """Waits until it says that it serves. Raises RuntimeError when it ends instead."""
        assert self._says is not None
        if not await self._says:
            raise RuntimeError((self.data / "log.txt").read_text()[-4000:])

    async def die(self, times: int) -> None:
        """Is killed so many times, each time started anew; then lives on."""
        for _ in range(times):
            if self._random.random() < DIE_YOUNG:
                await asyncio.sleep(self._random.uniform(*BEGINNING))
            else:
                await self.ready()
                await asyncio.sleep(self._random.uniform(*SERVING))
            await self.kill()
            await self.start()
        await self.ready()

    async def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None:
            if self._process.returncode is None:
                self.at_start += self._says is not None and not self._says.done()
                self._process.send_signal(signal.SIGKILL)
                self.kills += 1
            await self._process.wait()
            self._process = None

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
