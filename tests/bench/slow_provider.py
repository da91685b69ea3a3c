"""A provider of texts that takes each after a while: `python -m tests.bench.slow_provider PORT SECONDS MOST`.

More than MOST at once are refused as Twilio refuses them (429). GET /figures tells how many it took since it was asked
last, how long each was with it by its own clock, how many at the most, and how many it refused.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from dataclasses import asdict, dataclass

from aiohttp import web

_numbers = itertools.count(1)


@dataclass(slots=True)
class Figures:
    """What a provider saw; `seconds`: the sum of how long each was with it."""

    taken: int = 0
    seconds: float = 0.0
    most: int = 0
    refused: int = 0


class Provider:
    """Takes at most `places` at once, each after `latency` seconds."""

    def __init__(self, latency: float, places: int) -> None:
        self._latency = latency
        self._places = places
        self._inside = 0
        self._figures = Figures()

    async def take(self, request: web.Request) -> web.Response:
        """Answers as Twilio does when it takes a message."""
        began = time.perf_counter()
        await request.read()
        if self._inside >= self._places:
            self._figures.refused += 1
            return web.json_response({"code": 20429, "message": "Too Many Requests", "status": 429}, status=429)
        self._inside += 1
        self._figures.most = max(self._figures.most, self._inside)
        try:
            await asyncio.sleep(self._latency)
        finally:
            self._inside -= 1
        self._figures.taken += 1
        self._figures.seconds += time.perf_counter() - began
        made = {"sid": f"SM{next(_numbers):032x}", "status": "queued", "num_segments": "1"}
        return web.json_response(made, status=201)

    async def figures(self, _: web.Request) -> web.Response:
        told, self._figures = self._figures, Figures()
        return web.json_response(asdict(told))


def main() -> None:
    provider = Provider(float(sys.argv[2]), int(sys.argv[3]))
    app = web.Application()
    app.router.add_get("/figures", provider.figures)
    app.router.add_post("/{path:.*}", provider.take)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
