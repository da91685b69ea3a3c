"""A provider of texts that takes each after a while: `python -m tests.bench.slow_provider PORT SECONDS MOST`.

More than MOST at once are refused as Twilio refuses them (429).
"""

from __future__ import annotations

import asyncio
import itertools
import sys

from aiohttp import web

_numbers = itertools.count(1)
_places: list[asyncio.Semaphore] = []


async def take(request: web.Request) -> web.Response:
    """Answers as Twilio does when it takes a message."""
    await request.read()
    [places] = _places
    if places.locked():
        return web.json_response({"code": 20429, "message": "Too Many Requests", "status": 429}, status=429)
    async with places:
        await asyncio.sleep(float(sys.argv[2]))
    made = {"sid": f"SM{next(_numbers):032x}", "status": "queued", "num_segments": "1"}
    return web.json_response(made, status=201)


def main() -> None:
    _places.append(asyncio.Semaphore(int(sys.argv[3])))
    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
